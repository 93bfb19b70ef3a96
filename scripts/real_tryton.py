"""A real Tryton for tests: its own environment, and a database with a small hospital company, both kept between runs.

`python -m scripts.real_tryton` prepares everything (a few minutes, once) and says where it is. Nothing of it gets into `.venv`.
The folder is `.tryton` beside the project, or PORTAL_TRYTON_HOME.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from portal.embedded import Embedded, ends_with_parent, postgres_bin

BASE: Final = Path(__file__).resolve().parent.parent
LOCK: Final = BASE / "requirements" / "tryton.lock"
COMPANY: Final = BASE / "scripts" / "real_tryton_company.py"
DATABASE: Final = "tryton"
MODULES: Final = ("purchase", "stock_lot", "account_invoice_stock", "account_budget")
ADMIN_PASSWORD: Final = "Made-For-Tests-2026"  # noqa: S105 - of a database that only tests see


class CannotInstall(RuntimeError):
    """There is no Tryton here and none can be made; the message says why."""


def home() -> Path:
    """Where it is kept."""
    return Path(os.environ.get("PORTAL_TRYTON_HOME", BASE / ".tryton")).resolve()


@dataclass(frozen=True)
class Kept:
    """What is ready: programs, a database dump, and the ids in it that a client needs."""

    programs: Path
    dump: Path
    facts: Mapping[str, Any]


def kept() -> Kept | None:
    """What is ready from before, made from the same lock and company."""
    place = home() / _fingerprint()
    facts = place / "facts.json"
    return (
        Kept(home() / "venv" / "bin", place / "company.dump", json.loads(facts.read_text())) if facts.exists() else None
    )


def prepare(servers: Embedded) -> Kept:
    """Install Tryton and make the company, unless that was done before; others wait meanwhile. Raises CannotInstall."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if kept() is None:
            _install()
            _make_company(servers)
        found = kept()
    if found is None:
        raise CannotInstall("The company's database was not written.")
    return found


@contextmanager
def server(found: Kept, servers: Embedded, folder: Path, port: int) -> Iterator[tuple[str, str]]:
    """A running Tryton on a fresh copy of the company; gives its base address and database. The caller waits until it answers."""
    name = f"{DATABASE}_{os.getpid()}"
    _database(servers, name)
    config = _config(folder, port)
    _run([str(postgres_bin() / "pg_restore"), "-d", name, str(found.dump)], servers, "restore the company")
    with (folder / "tryton.log").open("wb") as log:
        process = subprocess.Popen(
            [str(found.programs / "trytond"), "-c", str(config), "-d", name], env=_env(servers), stdout=log, stderr=log,
            preexec_fn=ends_with_parent(),
        )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}", name
    finally:
        process.terminate()
        process.wait(20)


def _fingerprint() -> str:
    digest = hashlib.sha256("".join(MODULES).encode())
    for path in (LOCK, COMPANY):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _install() -> None:
    place, stamp = home() / "venv", home() / "venv" / "built-from"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    _run([*pip, "--require-hashes", "-r", str(LOCK)], None, "install Tryton")
    stamp.write_text(wanted)


def _make_company(servers: Embedded) -> None:
    place = home() / _fingerprint()
    work = home() / f"{place.name}.new"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    _database(servers, DATABASE)
    config, programs = _config(work, 0), home() / "venv" / "bin"
    (work / "password").write_text(ADMIN_PASSWORD)
    modules = [str(programs / "trytond-admin"), "-c", str(config), "-d", DATABASE, "--all", "-u", *MODULES]
    modules += ["--activate-dependencies", "--email", "admin@example.org"]
    _run(modules, servers, "make Tryton's tables", TRYTONPASSFILE=str(work / "password"))
    company = [str(programs / "python"), str(COMPANY), str(config), str(work / "facts.json")]
    _run(company, servers, "make the company", TRYTOND_CONFIG=str(config))
    dump = [str(postgres_bin() / "pg_dump"), "-Fc", DATABASE, "-f", str(work / "company.dump")]
    _run(dump, servers, "keep the company")
    for old in home().glob("*/company.dump"):
        if old.parent != work:
            shutil.rmtree(old.parent)
    work.rename(place)


def _database(servers: Embedded, name: str) -> None:
    with psycopg.connect(servers.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _config(folder: Path, port: int) -> Path:
    # the folder of the socket cannot be part of the address: libpq hears of it from the environment
    config = folder / "trytond.conf"
    config.write_text(f"[web]\nlisten = 127.0.0.1:{port}\n[database]\nuri = postgresql://portal@/\nlist = False\n")
    return config


def _env(servers: Embedded, **more: str) -> dict[str, str]:
    return {**os.environ, "PGHOST": str(servers.pg_socket_dir), "PGUSER": "portal", **more}


def _run(command: list[str], servers: Embedded | None, what: str, **more: str) -> None:
    env = _env(servers, **more) if servers else {**os.environ, **more}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotInstall(f"Could not {what}: {(done.stderr or done.stdout).strip()[-1500:]}")


def main() -> int:
    """Prepare from nothing, with a PostgreSQL of its own."""
    servers = Embedded.make_throwaway()
    try:
        found = prepare(servers.start(redis=False))
    except CannotInstall as fault:
        print(fault, file=sys.stderr)  # noqa: T201
        return 1
    finally:
        servers.discard()
    print(f"A real Tryton is ready in {found.dump.parent}.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
