"""Unit codes of UN/ECE Recommendations 20 and 21, as Europe writes them, and ours."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Final

UNECE_UNITS: Final[Mapping[str, str]] = types.MappingProxyType(
    {
        "EA": "EA",
        "C62": "EA",
        "PCE": "EA",
        "H87": "EA",
        "NAR": "EA",
        "XBX": "BX",
        "BX": "BX",
        "XCS": "CA",
        "CS": "CA",
        "XCT": "CT",
        "CT": "CT",
        "XPK": "PK",
        "PK": "PK",
        "XPA": "PA",
        "XBG": "BG",
        "XBO": "BO",
        "XCA": "CN",
        "XTU": "TB",
        "XRO": "RL",
        "XVI": "VI",
        "XKI": "KT",
        "PR": "PR",
        "DZN": "DZ",
        "KGM": "KG",
        "GRM": "GR",
        "MGM": "ME",
        "LTR": "LT",
        "MLT": "ML",
        "MTR": "MR",
        "HUR": "HR",
        "DAY": "DA",
        "MON": "MO",
        "SET": "ST",
    }
)
"""Their code → ours; the first of several is the one we write."""
