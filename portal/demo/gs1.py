"""GS1 keys of the demo network: numbers that end in a check digit."""

from __future__ import annotations


def with_check_digit(body: str) -> str:
    """The body with its GS1 check digit: GTIN-14 from 13 digits, GLN from 12."""
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def is_valid(key: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    return key.isdecimal() and with_check_digit(key[:-1]) == key
