"""A PostgreSQL data folder with all migrations applied, kept between test runs.

Migrating takes much longer than most tests. So the first use of the database in a run migrates one database, from which
every worker's own is cloned, and the folder is kept for the next run under the hash of everything that shaped it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from portal.embedded import Embedded

BASE = Path(__file__).resolve().parent.parent
KEPT = BASE / ".pytest_cache" / "clusters"
MIGRATED = "migrated"


def fingerprint() -> str:
    """The hash of every migration and of the locked packages."""
    shaping = [BASE / "requirements" / "dev.lock", *sorted(BASE.glob("*/migrations/*.py"))]
    digest = hashlib.sha256()
    for path in shaping:
        digest.update(str(path.relative_to(BASE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:24]


def restore(servers: Embedded) -> None:
    """Give new servers, before their start, the kept data folder if there is one that fits."""
    kept = KEPT / fingerprint()
    if kept.exists() and kept.stat().st_uid == os.geteuid():
        servers.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copytree(kept, servers.data)


def keep(servers: Embedded) -> None:
    """Keep the data folder of stopped servers for the next run, when it was migrated in this one."""
    place = KEPT / fingerprint()
    migrated = servers.home / MIGRATED
    if not migrated.exists() or place.exists() or servers.data.stat().st_uid != os.geteuid():
        return
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    shutil.move(servers.data, place)


def ensure_migrated(servers: Embedded) -> str:
    """The name of the database to clone; migrated now by the first process that asks, while the others wait."""
    with (servers.home / "migrating.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_migrated(servers):
            command = [sys.executable, str(BASE / "manage.py"), "migrate", "--verbosity", "0"]
            done = subprocess.run(
                command, cwd=BASE, env={**os.environ, **servers.env()}, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(f"The migrations do not apply:\n{done.stderr}")
            _mark(servers)
            (servers.home / MIGRATED).touch()
    return "portal"


def _is_migrated(servers: Embedded) -> bool:
    with psycopg.connect(servers.conninfo("postgres")) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'portal'"
        ).fetchone()
        return row is not None and row[0] == fingerprint()


def _mark(servers: Embedded) -> None:
    with psycopg.connect(servers.conninfo("postgres")) as connection:
        connection.execute(sql.SQL("COMMENT ON DATABASE portal IS {}").format(sql.Literal(fingerprint())))
