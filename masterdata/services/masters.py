"""Takes in what another system says about items, suppliers and cost centers: any number of records, a fixed number of statements.

What the system of record says is taken over, with its name as the reason; what another says becomes a proposal, raised once; a
proposal ends by itself when the values agree again. Unknown records are proposed, with those of ours that may be the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from core.actors import Actor
from core.audit import acting
from core.bulk import bulk_set
from masterdata.models import ExternalId, MasterProposal, SystemOfRecord
from masterdata.rules.stewardship import ATTRIBUTES, Said, compared, labelled, said_read
from masterdata.services.look_alikes import look_alikes
from masterdata.services.records import KINDS, records_change, texts_of

State = MasterProposal.State
_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one record: new, changed, unchanged, conflicting or invalid; `number` is ours, `reason` for people."""

    external_id: str
    number: str
    verdict: str
    reason: str = ""


@dataclass
class _Row:
    """One valid record on its way."""

    said: Said
    values: Mapping[str, str]
    record: Any = None
    linked: bool = False
    take: dict[str, str] = field(default_factory=dict)
    proposals: dict[str, tuple[str, str]] = field(default_factory=dict)
    """attribute -> (ours, theirs)"""
    agrees: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    alike: list[dict[str, Any]] = field(default_factory=list)


def masters_take(
    *, actor: Actor, system: str, system_name: str, kind: str, rows: Sequence[Said], seen_at: datetime | None = None
) -> list[Verdict]:
    """Take in one page of records of a system, all in one transaction. Returns a verdict per record, in their order."""
    with acting(actor=actor, reason=f"{system_name} is the system of record"):
        good, verdicts = _read(kind, rows)
        record = record_map(kind)
        _find(kind, system, good)
        for row in good:
            _compare(kind, system, row, record)
        _link(kind, system, good, seen_at or timezone.now())
        records_change(
            kind,
            {row.record.pk: row.take for row in good if row.take},
            {row.record.pk: row.record for row in good if row.take},
        )
        alike = look_alikes(kind, [row.said for row in good if row.record is None])
        for row in good:
            row.alike = alike.get(row.said.external_id, [])
        _propose(kind, system, good, record)
        told = {id(row.said): _verdict(kind, row) for row in good}
        return [verdicts[n] if n in verdicts else told[id(said)] for n, said in enumerate(rows)]


def record_map(kind: str) -> dict[str, str]:
    """attribute -> the system whose word counts; attributes of the portal's own are left out."""
    found = SystemOfRecord.objects.filter(kind=kind).exclude(system="")
    return dict(found.values_list("attribute", "system"))


def _read(kind: str, rows: Sequence[Said]) -> tuple[list[_Row], dict[int, Verdict]]:
    times = Counter(said.external_id for said in rows)
    numbers = Counter(said.number for said in rows if said.number)
    good, verdicts = [], {}
    for n, said in enumerate(rows):
        values, wrong = said_read(kind, said)
        if times[said.external_id] > 1:
            wrong.append("Its id occurs twice.")
        if numbers[said.number] > 1:
            wrong.append(f"The number {said.number} occurs twice.")
        if wrong:
            verdicts[n] = Verdict(
                external_id=said.external_id, number=said.number, verdict="invalid", reason=" ".join(wrong)
            )
        else:
            good.append(_Row(said, values))
    return good, verdicts


def _find(kind: str, system: str, rows: Sequence[_Row]) -> None:
    """Our records: by their external id, else by our own number. They are locked until the end."""
    known = KINDS[kind]
    links = dict(
        ExternalId.objects.filter(system=system, kind=kind, external_id__in=[row.said.external_id for row in rows])
        .values_list("external_id", "object_id")
    )  # fmt: skip
    numbers = {row.said.number for row in rows if row.said.number and row.said.external_id not in links}
    manager = known.model._default_manager
    by_number = dict(manager.filter(**{f"{known.number}__in": numbers}).values_list(known.number, "pk"))
    wanted = {*links.values(), *by_number.values()}
    records = manager.filter(pk__in=wanted).select_for_update(no_key=True).order_by("pk").in_bulk() if wanted else {}
    taken = dict(
        ExternalId.objects.filter(system=system, kind=kind, object_id__in=by_number.values())
        .values_list("object_id", "external_id")
    ) if by_number else {}  # fmt: skip
    for row in rows:
        pk = links.get(row.said.external_id)
        row.linked = pk is not None
        pk = pk if pk is not None else by_number.get(row.said.number)
        row.record = records.get(pk) if pk is not None else None
        if row.record is not None and not row.linked and (other := taken.get(row.record.pk)):
            row.proposals[MasterProposal.LINK] = (other, row.said.external_id)


def _compare(kind: str, system: str, row: _Row, record: Mapping[str, str]) -> None:
    if row.record is None:
        row.proposals[MasterProposal.NEW] = ("", str(row.values.get("description") or row.values.get("name") or ""))
        return
    row.agrees |= {MasterProposal.NEW, MasterProposal.LINK} - row.proposals.keys()
    if MasterProposal.LINK in row.proposals:
        # which of the two it is has to be clear before anything else about it counts
        return
    ours = texts_of(kind, row.record)
    found = compared(kind, ours=ours, theirs=row.values, record=record, system=system)
    row.take = dict(found.take)
    row.proposals |= {name: (ours[name], theirs) for name, theirs in found.propose.items()}
    row.agrees |= found.agrees | found.take.keys()


def _link(kind: str, system: str, rows: Sequence[_Row], seen_at: datetime) -> None:
    mine = [row for row in rows if row.record is not None and MasterProposal.LINK not in row.proposals]
    ExternalId.objects.filter(
        system=system, kind=kind, external_id__in=[row.said.external_id for row in mine if row.linked]
    ).update(seen_at=seen_at)
    ExternalId.objects.bulk_create(
        ExternalId(
            system=system, kind=kind, external_id=row.said.external_id, object_id=row.record.pk, seen_at=seen_at
        )
        for row in mine if not row.linked
    )  # fmt: skip


def _propose(kind: str, system: str, rows: Sequence[_Row], record: Mapping[str, str]) -> None:
    """Raise what is not waiting and was not refused before; what agrees again ends."""
    now = timezone.now()
    by_id = {row.said.external_id: row for row in rows}
    before = MasterProposal.objects.filter(
        system=system, kind=kind, external_id__in=by_id, state__in=[State.OPEN, State.REJECTED]
    ).order_by("pk")
    waiting: dict[tuple[str, str], MasterProposal] = {}
    refused: dict[tuple[str, str], str] = {}
    for each in before:
        key = (each.external_id, each.attribute)
        if each.state == State.OPEN:
            waiting[key] = each
        else:
            refused[key] = each.theirs
    agreed = [each.pk for key, each in waiting.items() if each.attribute in by_id[key[0]].agrees]
    proposals_agree(agreed, "The values agree again.")
    made, changed = [], []
    for row in rows:
        for attribute, (ours, theirs) in row.proposals.items():
            key, theirs = (row.said.external_id, attribute), theirs[:_LONGEST]
            if key in waiting:
                row.waiting.append(attribute)
                if (waiting[key].theirs, waiting[key].ours) != (theirs, ours):
                    changed.append(
                        (waiting[key].pk, {"ours": ours[:_LONGEST], "theirs": theirs, "said": _kept(row.said)})
                    )
            elif refused.get(key) != theirs:
                row.waiting.append(attribute)
                made.append(_proposal(kind, system, row, attribute, record, now))
    MasterProposal.objects.bulk_create(made)
    bulk_set(MasterProposal, sorted(changed))


def _proposal(
    kind: str, system: str, row: _Row, attribute: str, record: Mapping[str, str], now: datetime
) -> MasterProposal:
    ours, theirs = row.proposals[attribute]
    known = KINDS[kind]
    of_ours = row.record is not None
    return MasterProposal(
        kind=kind, system=system, external_id=row.said.external_id, attribute=attribute,
        object_id=row.record.pk if of_ours else None, facility_id=getattr(row.record, "facility_id", None),
        number=str(getattr(row.record, known.number)) if of_ours else row.said.number or row.said.external_id,
        name=str(getattr(row.record, known.name))[:_LONGEST] if of_ours else theirs[:_LONGEST],
        ours=ours[:_LONGEST], theirs=theirs[:_LONGEST], record=record.get(attribute, ""), said=_kept(row.said),
        look_alikes=row.alike, raised_at=now,
    )  # fmt: skip


def _kept(said: Said) -> dict[str, Any]:
    return {"external_id": said.external_id, "number": said.number, "values": dict(said.values)}


def said_again(proposal: MasterProposal) -> Said:
    """What the system said when the proposal was raised or last repeated."""
    return Said(**proposal.said)


def proposals_agree(ids: Iterable[int], reason: str) -> None:
    """End proposals without a person's decision."""
    rows = sorted(ids)
    if rows:
        MasterProposal.objects.filter(pk__in=rows, state=State.OPEN).update(
            state=State.AGREED, decided_at=timezone.now(), reason=reason
        )


def proposals_settle(kind: str) -> None:
    """End open proposals whose value is ours by now, whoever changed it. One statement."""
    table = KINDS[kind].model._meta.db_table
    says = " ".join(
        f"WHEN '{name}' THEN {_SAYS.get(each.field, f'r.{each.field}')}" for name, each in ATTRIBUTES[kind].items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE masterdata_masterproposal p SET state = 'agreed', decided_at = %s, reason = %s FROM {table} r "  # noqa: S608 - names are ours
            f"WHERE p.state = 'open' AND p.kind = %s AND r.id = p.object_id AND p.theirs = CASE p.attribute {says} END",
            [timezone.now(), "The values agree again.", kind],
        )


_SAYS = {
    "payment_terms_days": "r.payment_terms_days::text",
    "minimum_order": "coalesce(r.minimum_order::text, '')",
    "is_active": "CASE WHEN r.is_active THEN 'active' ELSE 'inactive' END",
}


def _verdict(kind: str, row: _Row) -> Verdict:
    number = str(getattr(row.record, KINDS[kind].number)) if row.record is not None else row.said.number
    taken = ", ".join(f"{labelled(kind, name)} is “{value}” now" for name, value in row.take.items())
    told = {"external_id": row.said.external_id, "number": number}
    if row.record is None:
        alike = ", ".join(f"{each['number']} ({each['why']})" for each in row.alike)
        words = "We do not have it" + (f"; it may be {alike}" if alike else "") + "."
        if MasterProposal.NEW not in row.waiting:
            words += " A steward has refused it before."
        return Verdict(**told, verdict="new", reason=words)
    if row.proposals:
        differs = "; ".join(
            f"{labelled(kind, name)}: ours “{ours}”, theirs “{theirs}”"
            + ("" if name in row.waiting else " (refused before)")
            for name, (ours, theirs) in row.proposals.items()
        )
        return Verdict(**told, verdict="conflicting", reason=f"{differs}." + (f" {taken}." if taken else ""))
    if row.take:
        return Verdict(**told, verdict="changed", reason=f"{taken}.")
    return Verdict(**told, verdict="unchanged")
