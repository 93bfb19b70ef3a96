"""A small storm in every run of the suite, in processes and on servers of its own. `make chaos` makes the large one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = ("DATABASE_URL", "PORTAL_PG_HOST", "REDIS_URL", "PORTAL_REDIS_SOCKET", "PORTAL_REDIS_DB", "PORTAL_HOME")


@pytest.mark.flow
def test_nothing_is_lost_and_nothing_doubled() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in OWN}
    plan = ["--documents", "120", "--kills", "8", "--crashes", "1", "--losses", "1", "--drain", "120"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.storm", *plan],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    found = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    assert (found["lost"], found["doubled"], found["verify"]) == ([], [], [])
    assert found["documents"] >= 100
