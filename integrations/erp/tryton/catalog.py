"""Items and suppliers as Tryton has them.

Products have no date of their own for what their template says, so both are looked at. A party is a supplier where it has a payment
term as one. Tryton dates a change when its transaction begins: two minutes are read again. Whoever is deactivated says so; what was
deleted is only missed by a round over all.

A cursor is "since|until|last id": a round over what changed between since and until, read up to an id; without an id it is over, and
the next one begins at its until.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from integrations.erp.base import ITEM, SUPPLIER, Master, MasterPage
from integrations.erp.tryton.wire import Row, Session

_PAGE: Final = 500
_OVERLAP: Final = timedelta(seconds=120)
_DATES: Final = ("write_date", "create_date")
_MODELS: Final[Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    # model, fields, where else a change is dated
    ITEM: ("product.product", ("code", "active", "template.name", "template.active", "default_uom.symbol"), ("", "template.")),
    SUPPLIER: ("party.party", ("code", "name", "active", "supplier_payment_term"), ("",)),
}  # fmt: skip
KINDS: Final = frozenset(_MODELS)


def page(session: Session, kind: str, cursor: str, units: Mapping[str, str]) -> MasterPage:
    """One page of records. `units` is our unit by Tryton's symbol."""
    model, fields, dated = _MODELS[kind]
    since, until, last = [*cursor.split("|"), "", "", ""][:3]
    if not last:
        # the round before is over: a new one begins where it had begun to end
        since, until = until, _newest(session, model, dated)
    domain: list[Any] = [["active", "in", [True, False]], ["code", "!=", None]]
    if last:
        domain.append(["id", ">", int(last)])
    if since:
        domain.append(_after(datetime.fromisoformat(since) - _OVERLAP, dated))
    rows = session.find(model, domain, fields, order=[["id", "ASC"]], size=_PAGE)
    more = len(rows) == _PAGE
    make: Callable[[Row], Master] = (lambda row: _item(row, units)) if kind == ITEM else _supplier
    wanted = [row for row in rows if kind == ITEM or row["supplier_payment_term"]]
    return MasterPage(
        masters=[make(row) for row in wanted], cursor=f"{since}|{until}|{rows[-1]['id'] if more else ''}", more=more
    )


def _newest(session: Session, model: str, dated: tuple[str, ...]) -> str:
    found: list[datetime] = []
    for prefix in dated:
        for name in _DATES:
            field = f"{prefix}{name}"
            domain = [["active", "in", [True, False]], [field, "!=", None]]
            rows = session.find(model, domain, [field], order=[[field, "DESC"]], size=1)
            if rows:
                value: Any = rows[0]
                for part in field.split("."):
                    value = value[part]
                found.append(value)
    return max(found).isoformat() if found else ""


def _after(moment: datetime, dated: tuple[str, ...]) -> list[Any]:
    after: list[Any] = ["OR"]
    for prefix in dated:
        after += [
            [f"{prefix}write_date", ">", moment],
            [[f"{prefix}write_date", "=", None], [f"{prefix}create_date", ">", moment]],
        ]
    return after


def _item(row: Row, units: Mapping[str, str]) -> Master:
    symbol = str(row["default_uom"]["symbol"])
    return Master(
        external_id=str(row["id"]), number=row["code"],
        values={
            "description": row["template"]["name"] or "", "base_unit": units.get(symbol, symbol),
            "status": "active" if row["active"] and row["template"]["active"] else "discontinued",
        },
    )  # fmt: skip


def _supplier(row: Row) -> Master:
    values = {"name": row["name"] or "", "status": "active" if row["active"] else "inactive"}
    return Master(external_id=str(row["id"]), number=row["code"], values=values)
