"""When two supplier invoice numbers are the same number."""

from __future__ import annotations

import re


def normalize_number(number: str) -> str:
    """Upper case, letters and digits only, without leading zeros: "INV-00123" and "inv 123" are the same for a supplier."""
    plain = re.sub(r"[^A-Z0-9]", "", number.upper())
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", plain)
