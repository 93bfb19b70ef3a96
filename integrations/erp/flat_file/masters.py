"""Files of masters: an MMIS leaves all its records of a kind (mode F), and between them what changed (mode D).

A cursor is the name of the file that was read last, with the number of its records that were read where it was not read whole. A round
without a cursor begins with the newest file of all records.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integrations.erp.agreed import NotAgreed, each_once
from integrations.erp.base import COST_CENTER, ITEM, SUPPLIER, Master, MasterPage
from integrations.erp.flat_file.records import Record, read
from integrations.transports.base import Incoming, Mailbox

PREFIXES: Final[Mapping[str, tuple[str, str]]] = {
    ITEM: ("ITM", "MI"),
    SUPPLIER: ("SUP", "MS"),
    COST_CENTER: ("CCT", "MC"),
}
"""Kind -> how its files' names begin, and its records."""
_PAGE: Final = 2000


def page(mailbox: Mailbox, kind: str, cursor: str) -> MasterPage:
    """One page. Raises NotAgreed for a file that is not whole, TransportError."""
    prefix, record = PREFIXES[kind]
    files = [file for file in mailbox.waiting() if file.name.startswith(prefix)]
    name, _, read_before = cursor.partition(":")
    if not name:
        files, name = _from_the_last_full(mailbox, files), ""
    begun = int(read_before or 0)
    wanted = [file for file in files if file.name > name or (begun and file.name == name)]
    if not wanted:
        return MasterPage(masters=[], cursor=cursor, more=False)
    file = wanted[0]
    begun = begun if file.name == name else 0
    _, records, unknown = read(mailbox.read(file), "MH", "MT", record)
    rows = records[begun : begun + _PAGE]
    whole = begun + len(rows) >= len(records)
    return MasterPage(
        masters=[_master(row) for row in rows],
        cursor=file.name if whole else f"{file.name}:{begun + len(rows)}",
        more=not whole or len(wanted) > 1,
        drift=each_once(unknown),
    )


def _from_the_last_full(mailbox: Mailbox, files: list[Incoming]) -> list[Incoming]:
    for place in range(len(files) - 1, -1, -1):
        if mailbox.read(files[place])[:5].endswith(b"F"):
            return files[place:]
    return files


def _master(row: Record) -> Master:
    if not row.values["id"] and not row.values["number"]:
        raise NotAgreed(f"a record {row.kind} has neither an id nor a number")
    values = {name: value for name, value in row.values.items() if name not in ("id", "number")}
    return Master(external_id=row.values["id"], number=row.values["number"], values=values)
