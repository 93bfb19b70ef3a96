"""What waits for a master-data steward, and whose word counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from core.actors import EVERYWHERE, Actor
from core.errors import NotFound
from masterdata.models import MasterProposal, Role, SystemOfRecord
from masterdata.rules.stewardship import ATTRIBUTES, KINDS

READERS = (Role.STEWARD, Role.ADMINISTRATOR, Role.AUDITOR, Role.INTEGRATION_SUPPORT)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Whose word counts for one attribute; `system` is empty for the portal's."""

    kind: str
    kind_label: str
    attribute: str
    label: str
    system: str
    fixed: bool


def proposals_seen(actor: Actor) -> QuerySet[MasterProposal]:
    """Proposals a reader of master data may see: items and suppliers belong to the network, cost centers to their facility."""
    scopes = actor.scopes(*READERS)
    found = MasterProposal.objects.select_related("decided_by")
    if scopes is EVERYWHERE:
        return found
    if not scopes:
        return found.none()
    mine = Q(facility__in=sorted(scopes)) | (Q(facility__isnull=True) & ~Q(kind="cost_center"))
    return found.filter(mine)


def proposals_listed(
    actor: Actor, *, view: str = "open", kinds: Sequence[str] = (), systems: Sequence[str] = (),
    attributes: Sequence[str] = (), q: str = "",
) -> QuerySet[MasterProposal]:  # fmt: skip
    """The steward's queue. `view` is open, new, duplicates (new ones that may be ours), conflicts or decided."""
    found = proposals_seen(actor)
    state = MasterProposal.State
    if view == "decided":
        found = found.exclude(state=state.OPEN)
    else:
        found = found.filter(state=state.OPEN)
    if view == "new":
        found = found.filter(attribute=MasterProposal.NEW)
    elif view == "duplicates":
        found = found.filter(attribute=MasterProposal.NEW).exclude(look_alikes=[])
    elif view == "conflicts":
        found = found.exclude(attribute=MasterProposal.NEW)
    for field, chosen in (("kind", kinds), ("system", systems), ("attribute", attributes)):
        if chosen:
            found = found.filter(**{f"{field}__in": list(chosen)})
    if q:
        found = found.filter(Q(number__icontains=q) | Q(name__icontains=q) | Q(external_id=q))
    return found


def proposal_get(actor: Actor, proposal_id: int) -> MasterProposal:
    """One proposal. Raises NotFound."""
    found = proposals_seen(actor).filter(pk=proposal_id).first()
    if found is None:
        raise NotFound("There is no such proposal.")
    return found


def record_counts(actor: Actor) -> list[Counts]:
    """Whose word counts, attribute by attribute. Raises NotFound for whoever does not read master data."""
    if not any(actor.has(role) for role in READERS):
        raise NotFound("There is no such page for you.")
    known = {(row.kind, row.attribute): row.system for row in SystemOfRecord.objects.all()}
    return [
        Counts(
            kind=kind, kind_label=KINDS[kind], attribute=each.name, label=each.label,
            system=known.get((kind, each.name), ""), fixed=each.fixed,
        )
        for kind, attributes in ATTRIBUTES.items()
        for each in attributes.values()
    ]  # fmt: skip
