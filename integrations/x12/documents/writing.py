"""What several documents write alike: parties, descriptions, moments and items."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from integrations.canonical import ItemIdentity, Party
from integrations.x12.findings import X12Error
from integrations.x12.profile import Profile, party_out
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import day_text, free_text

NOTE_LENGTH: Final = 264
"""The longest text of one MSG segment."""


def parties_write(parties: Iterable[tuple[str, Party]], delimiters: Delimiters) -> list[Segment]:
    """One N1 per party that is somebody."""
    return [
        party_out(role, party, free_text(party.name, delimiters, 60))
        for role, party in parties
        if party.name or party.identifiers
    ]


def description_write(text: str, delimiters: Delimiters) -> list[Segment]:
    """The PID segment of a description, none for no text."""
    plain = free_text(text, delimiters, 80)
    return [["PID", "F", "", "", "", plain]] if plain else []


def moment_write(moment: datetime) -> tuple[str, str]:
    """Day and time of day in UTC, to the second."""
    there = moment.astimezone(UTC)
    return day_text(there.date()), there.strftime("%H%M%S")


def unit_write(unit: str, profile: Profile, where: str) -> str:
    """The partner's code of a unit. Raises `X12Error` where there is none to say."""
    code = profile.unit_out(unit)
    if not code:
        raise X12Error(f"{where} has no unit.")
    return code


def item_write(identity: ItemIdentity, profile: Profile, where: str) -> Segment:
    """The identity as pairs. Raises `X12Error` for an item without any."""
    pairs = profile.identity_out(identity)
    if not pairs:
        raise X12Error(f"{where} names no item.")
    return pairs
