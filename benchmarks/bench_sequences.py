"""Document numbers: gapless numbers from a counter row, against PostgreSQL's own sequence, which leaves gaps."""

from __future__ import annotations

from functools import partial

from django.db import connection, transaction

from benchmarks.harness import Act, Report
from core.sequences import next_numbers

ROUNDS = 20
"""One number is taken so fast that a single call would measure the clock."""


def run(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE bench_numbers")
    for count in (1, 200):
        report.compare(
            f"take {count} document numbers, {ROUNDS} times",
            Act(partial(ours, count)),
            Act(partial(plain, count)),
            to="nextval() of a plain sequence",
            cpu_limit=4,
            sql_limit=ROUNDS,
        )


@transaction.atomic
def ours(count: int, _given: object) -> None:
    for _ in range(ROUNDS):
        next_numbers("BENCH", count)


@transaction.atomic
def plain(count: int, _given: object) -> None:
    with connection.cursor() as cursor:
        for _ in range(ROUNDS):
            cursor.execute("SELECT nextval('bench_numbers') FROM generate_series(1, %s)", [count])
            cursor.fetchall()
