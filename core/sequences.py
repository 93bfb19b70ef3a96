"""Readable, unique document numbers such as REQ-2026-000123."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone


def next_numbers(prefix: str, count: int = 1) -> list[str]:
    """Take `count` consecutive numbers in one statement. The counter row stays locked until the transaction ends."""
    year = timezone.now().year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_documentsequence (prefix, year, last) VALUES (%s, %s, %s) "
            "ON CONFLICT (prefix, year) DO UPDATE SET last = core_documentsequence.last + EXCLUDED.last RETURNING last",
            [prefix, year, count],
        )
        last: int = cursor.fetchone()[0]
    return [f"{prefix}-{year}-{n:06d}" for n in range(last - count + 1, last + 1)]


def next_number(prefix: str) -> str:
    """Take the next number of a prefix."""
    return next_numbers(prefix)[0]


def numbers_skip(count: int) -> list[str]:
    """Leave out the next `count` numbers of every prefix of this year. Returns the first number that each hands out next."""
    year = timezone.now().year
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_documentsequence SET last = last + %s WHERE year = %s RETURNING prefix, last", [count, year]
        )
        return sorted(f"{prefix}-{year}-{last + 1:06d}" for prefix, last in cursor.fetchall())
