"""What the Makefile calls: builds .venv from the locked requirements, then does one thing with it.

Standard library only, and no syntax newer than Python 3.6, so that an old Python gets a sentence and not a traceback.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "built-from"
LOCKS = ROOT / "requirements"
HOME = Path(os.environ.get("PORTAL_HOME", str(ROOT / "var"))).resolve()
OLDEST, NEWEST = (3, 11), (3, 13)
LINT = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
    ("djlint", "--lint", "--quiet", "templates"),
    ("python", "-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"),
)
SERVERS = {
    "chromium": (("chromium", "chromium-browser"), "every browser test is"),
    "openssh-server": (("sshd",), "the tests of SFTP are"),
    "dovecot-imapd": (("dovecot",), "the tests of e-mail are"),
    "python3-aiosmtpd": (("/usr/lib/python3/dist-packages/aiosmtpd",), "the tests of e-mail are"),
}
"""Debian packages the tests talk to: how to see that one is here, and what goes untested without it."""


def say(message):
    print(message, flush=True)


def usable(python):
    """Whether this command is a Python we support that can build environments."""
    probe = "import sys, venv, ensurepip; sys.exit(not %r <= sys.version_info[:2] <= %r)" % (OLDEST, NEWEST)
    try:
        return subprocess.call([python, "-c", probe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def right_python():
    """Return when this Python will do; else go on with one from PATH that does, or say what is missing."""
    if usable(sys.executable):
        return
    names = ["python3.%d" % minor for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for name in names:
        found = shutil.which(name)
        if found and usable(found):
            os.execv(found, [found, str(ROOT / "dev.py")] + sys.argv[1:])
    version = ".".join(map(str, sys.version_info[:3]))
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit("Python 3.11, 3.12 or 3.13 is needed; this is %s and PATH has no other that works." % version)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("This Python cannot build environments; installing python3-venv …")
        apt_install("python3-venv")
    if not usable(sys.executable):
        sys.exit(
            "Python %s here cannot build environments. On Debian or Ubuntu: apt-get install python3-venv" % version
        )


def apt_install(package):
    """Install a Debian package; whether it worked."""
    quiet = {"env": dict(os.environ, DEBIAN_FRONTEND="noninteractive"), "stdout": subprocess.DEVNULL}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    return subprocess.call(install, **quiet) == 0 or (
        subprocess.call(["apt-get", "update", "-qq"], **quiet) == 0 and subprocess.call(install, **quiet) == 0
    )


def stamp_of(lock):
    """What an environment built from this lock, in this place, is known by."""
    return "%s %s %s" % (lock, ROOT, hashlib.sha256((LOCKS / lock).read_bytes()).hexdigest())


def ensure(lock):
    """Have a .venv with everything the lock names. One that was cut short, moved or built from another lock is rebuilt."""
    built = STAMP.read_text().splitlines() if STAMP.exists() and PYTHON.exists() else []
    if stamp_of(lock) in built:
        return
    right_python()
    if not os.access(str(ROOT), os.W_OK):
        sys.exit(
            "The folder %s is not writable, so nothing can be built in it. Copy it to a folder of your own." % ROOT
        )
    guard = os.open(str(ROOT), os.O_RDONLY)
    fcntl.flock(guard, fcntl.LOCK_EX)  # two commands at once build one after the other
    began = time.time()
    say("Building the environment in .venv from requirements/%s (a minute or two, once) …" % lock)
    current = [line for line in built if line == stamp_of(line.split()[0])]
    if STAMP.exists():
        STAMP.unlink()
    if not current:
        shutil.rmtree(str(VENV), ignore_errors=True)
        # not the environment's own Python: that has just been removed
        base = getattr(sys, "_base_executable", sys.executable)
        run([base, "-m", "venv", str(VENV)], "Could not make the environment; the reason is above.")
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--root-user-action=ignore",
    ]
    why = "Could not install the packages; the reason is above. The next try starts afresh."
    run(pip + ["--require-hashes", "-r", str(LOCKS / lock)], why)
    # the larger lock holds everything of the smaller ones, at the same versions
    holds = {"dev.lock": ["dev.lock", "run.lock"]}.get(lock, [lock])
    half = VENV / "built-from.new"
    half.write_text("\n".join(map(stamp_of, holds)) + "\n")
    half.replace(STAMP)
    os.close(guard)
    say("The environment is ready (%.0f s)." % (time.time() - began))


def run(command, why, **options):
    """Run a command to its end; exit with `why` when it fails."""
    if subprocess.call(command, cwd=str(ROOT), **options):
        sys.exit("\n" + why)


def become(*command):
    """Go on as a program of the environment."""
    os.chdir(str(ROOT))
    os.execv(str(PYTHON), [str(PYTHON)] + list(command))


def cmd_run(args):
    """start the portal with everything it needs; Ctrl-C stops it"""
    ensure("run.lock")
    become("-m", "portal.up", *args)


def cmd_test(args):
    """run all tests in parallel; ARGS="tests/x -k name" chooses"""
    ensure("dev.lock")
    missing = [package for package in SERVERS if not there(package)]
    skipped = ""
    if missing:
        lines = ["!! NO %s: %s skipped." % (package.upper(), SERVERS[package][1]) for package in missing]
        lines.append("!! Install with: apt-get install " + " ".join(missing))
        skipped = "\n%s\n%s\n%s" % ("!" * 100, "\n".join(lines), "!" * 100)
        say(skipped)
    parallel = (
        []
        if any(a in ("-n", "--pdb") or a.startswith(("-n", "--numprocesses")) for a in args)
        else ["-n", str(cores()), "--dist", "loadgroup"]  # one real Tryton serves its tests
    )
    code = subprocess.call([str(PYTHON), "-m", "pytest"] + parallel + args, cwd=str(ROOT))
    if skipped:
        say(skipped)
    sys.exit(code)


def there(package):
    """Whether a program of a Debian package is here; as root on Debian it is installed when absent."""
    places, _ = SERVERS[package]
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin"
    if any(os.path.exists(place) if os.path.isabs(place) else shutil.which(place, path=path) for place in places):
        return True
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say("Installing Debian's %s for the tests …" % package)
    return apt_install(package)


def cores():
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2


def cmd_lint(args):
    """check style, types, layers, templates and migrations"""
    ensure("dev.lock")
    failed = []
    for name, *rest in LINT:
        say("$ %s" % " ".join([name] + rest))
        if subprocess.call([str(VENV / "bin" / name)] + rest, cwd=str(ROOT)):
            failed.append(" ".join([name] + rest))
    if failed:
        sys.exit("\nFailed: " + "; ".join(failed))
    say("\nAll checks passed.")


def cmd_bench(args):
    """run the benchmarks; one line each, JSON under benchmarks/results/"""
    ensure("dev.lock")
    become("-m", "benchmarks", *args)


def cmd_chaos(args):
    """a storm of kills, crashes and lies over 10,000 documents, beside 5 minutes of damaged files; ARGS="--seed 7" repeats a storm"""
    ensure("dev.lock")
    os.environ.setdefault("EDI_FUZZ_SECONDS", "300")
    fuzz = [str(PYTHON), "-m", "pytest", "-n", "0", "-q", "tests/integrations/x12/test_fuzz.py"]
    with tempfile.TemporaryFile("w+") as said:
        # it measures its own CPU, so it takes only what the storm leaves
        damaged = subprocess.Popen(fuzz, cwd=str(ROOT), stdout=said, stderr=said, preexec_fn=lambda: os.nice(15))
        try:
            storm = subprocess.call([str(PYTHON), "-m", "tests.chaos.storm"] + args, cwd=str(ROOT))
            failed = damaged.wait()
        finally:
            damaged.terminate()
        said.seek(0)
        say("\nDamaged files for %s seconds:\n%s" % (os.environ["EDI_FUZZ_SECONDS"], said.read()))
    sys.exit(storm or failed)


def cmd_lock(args):
    """write the four locks again from pyproject.toml"""
    ensure("dev.lock")
    compile_ = [
        str(VENV / "bin" / "uv"),
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--python-version",
        "3.11",
    ]
    compile_ += ["--no-emit-index-url", "--no-annotate", "--no-header", "pyproject.toml"] + args
    prod = ["-c", "requirements/prod.lock"]
    groups = ["--group", "embedded", "--group", "test", "--group", "dev"]
    for lock, extra in (("prod", []), ("run", ["--group", "embedded"] + prod), ("dev", groups + prod)):
        run(compile_ + extra + ["-o", "requirements/%s.lock" % lock], "Could not resolve requirements/%s.lock." % lock)
        say("requirements/%s.lock is written." % lock)
    # an environment of its own, so without the project's packages
    tryton = [word for word in compile_ if word != "pyproject.toml"] + ["--group", "pyproject.toml:tryton"]
    run(tryton + ["-o", "requirements/tryton.lock"], "Could not resolve requirements/tryton.lock.")


def cmd_reset(args):
    """delete all data of this folder (var/); FORCE=1 does not ask and stops a running portal"""
    force = os.environ.get("FORCE", "") not in ("", "0")
    if not HOME.exists():
        return say("There is no data in %s." % HOME)
    if not (HOME / "launcher.lock").exists():
        sys.exit("%s was not made by `make run`, so it is not deleted." % HOME)
    with (HOME / "launcher.lock").open("r") as lock:
        if not take(lock):
            owner = lock.read().strip()
            if not force:
                sys.exit("The portal runs (process %s). Stop it with Ctrl-C first, or: FORCE=1 make reset" % owner)
            say("Stopping the running portal …")
            os.kill(int(owner), signal.SIGTERM)
            deadline = time.time() + 15
            while not take(lock):
                if time.time() > deadline:
                    sys.exit("Process %s does not stop, so nothing is deleted." % owner)
                time.sleep(0.1)
        if not force and not confirmed():
            sys.exit("Nothing is deleted. (FORCE=1 make reset does not ask.)")
        shutil.rmtree(str(HOME))
    return say("Deleted %s. The next `make run` starts with a new demo network." % HOME)


def take(lock):
    """Whether the launcher's lock could be taken."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def confirmed():
    """Ask the person at the terminal; nobody there means no."""
    return sys.stdin.isatty() and input("Delete the database and all files in %s? [y/N] " % HOME).strip().lower() in (
        "y",
        "yes",
    )


COMMANDS = {name[4:]: function for name, function in sorted(globals().items()) if name.startswith("cmd_")}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        for name, function in COMMANDS.items():
            say("  make %-6s %s" % (name, function.__doc__))
        sys.exit(0 if sys.argv[1:] in ([], ["help"]) else 2)
    try:
        COMMANDS[sys.argv[1]](sys.argv[2:])
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
