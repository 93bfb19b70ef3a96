"""What a master-data steward decides: about proposals of other systems, and whose word counts for which attribute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.audit import acting
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from masterdata.models import ExternalId, MasterProposal, Role, SystemOfRecord
from masterdata.rules.stewardship import ATTRIBUTES, labelled, said_read
from masterdata.selectors.stewardship import proposals_seen
from masterdata.services.masters import masters_take, proposals_settle, record_map, said_again
from masterdata.services.records import KINDS, record_create, records_change

State = MasterProposal.State
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Decided:
    """How many were decided, and why others could not be: (proposal id, words)."""

    done: int
    left: Sequence[tuple[int, str]]


def proposal_accept(
    *,
    actor: Actor,
    proposal_id: int,
    reason: str = "",
    same_as: int | None = None,
    category: str = "",
    facility: str = "",
) -> MasterProposal:
    """Take over what a system proposes. A new record is made, or is `same_as` one of ours, which then gets its reference.

    Raises NotFound, NotAllowed, Conflict (decided already; another system's word counts; not to be changed so), Invalid.
    """
    with acting(actor=actor, reason=reason.strip() or "a steward accepted the proposal"):
        proposal = _locked(actor, proposal_id)
        if proposal.attribute == MasterProposal.NEW:
            _accept_new(actor, proposal, same_as, category, facility)
        elif proposal.attribute == MasterProposal.LINK:
            _relink(proposal)
        else:
            _accept_change(proposal)
        _close(proposal, actor, State.ACCEPTED, reason)
        proposals_settle(proposal.kind)
        return proposal


def proposal_reject(*, actor: Actor, proposal_id: int, reason: str) -> MasterProposal:
    """Keep what we have. The same value of the same system is not proposed again. Raises NotFound, NotAllowed, Conflict, Invalid."""
    if not reason.strip():
        raise Invalid("Say why it is not taken over.", code="reason_missing")
    with acting(actor=actor, reason=reason):
        proposal = _locked(actor, proposal_id)
        _close(proposal, actor, State.REJECTED, reason)
        return proposal


def proposals_decide(*, actor: Actor, proposal_ids: Iterable[int], accept: bool, reason: str = "") -> Decided:
    """Accept or reject several, each by itself: what cannot be decided is left with the reason. Raises Invalid (no reason)."""
    if not accept and not reason.strip():
        raise Invalid("Say why they are not taken over.", code="reason_missing")
    done, left = 0, []
    for pk in sorted(set(proposal_ids))[:MOST_AT_ONCE]:
        try:
            if accept:
                proposal_accept(actor=actor, proposal_id=pk, reason=reason)
            else:
                proposal_reject(actor=actor, proposal_id=pk, reason=reason)
            done += 1
        except (NotFound, NotAllowed, Conflict, Invalid) as refusal:
            words = " ".join([refusal.message, *(finding.message for finding in refusal.findings)])
            left.append((pk, words))
    return Decided(done, left)


def record_set(*, actor: Actor, kind: str, attribute: str, system: str, reason: str) -> int:
    """From now on this system's word counts for an attribute (empty: the portal's). Returns how many waiting proposals of it
    were taken over with that. Raises NotAllowed, Invalid.
    """
    if actor.scopes(Role.STEWARD, Role.ADMINISTRATOR) is not EVERYWHERE:
        raise NotAllowed(
            "Only stewards and administrators of the whole network decide whose word counts.", code="role_missing"
        )
    known = ATTRIBUTES.get(kind, {}).get(attribute)
    if known is None:
        raise Invalid("There is no such attribute.", code="attribute_unknown")
    if known.fixed and system:
        raise Invalid(f"{known.label} is always the portal's: stock and prices hang on it.", code="attribute_fixed")
    if not reason.strip():
        raise Invalid("Say why.", code="reason_missing")
    with acting(actor=actor, reason=reason):
        SystemOfRecord.objects.update_or_create(kind=kind, attribute=attribute, defaults={"system": system[:40]})
        if not system:
            return 0
        waiting = list(
            MasterProposal.objects.filter(kind=kind, attribute=attribute, system=system, state=State.OPEN)
            .select_for_update().order_by("pk")
        )  # fmt: skip
        records = KINDS[kind].model._default_manager.select_for_update(no_key=True).order_by("pk")
        found = records.in_bulk([each.object_id for each in waiting])
        changes = {each.object_id: {attribute: each.theirs} for each in waiting if each.object_id in found}
        records_change(kind, {pk: change for pk, change in changes.items() if pk is not None}, found)
        MasterProposal.objects.filter(pk__in=[each.pk for each in waiting]).update(
            state=State.ACCEPTED, decided_at=timezone.now(), decided_by=actor.user_id, reason=reason[:500]
        )
        return len(waiting)


def _locked(actor: Actor, proposal_id: int) -> MasterProposal:
    proposal = proposals_seen(actor).filter(pk=proposal_id).select_for_update(of=("self",)).first()
    if proposal is None:
        raise NotFound("There is no such proposal.")
    scopes = actor.scopes(Role.STEWARD)
    if scopes is not EVERYWHERE and (proposal.facility_id is None or proposal.facility_id not in scopes):
        raise NotAllowed(
            "You may not decide this: that takes the role steward for the whole network"
            + (" or for the cost center's facility." if proposal.kind == "cost_center" else "."),
            code="role_missing",
        )
    if proposal.state != State.OPEN:
        who = f" by {proposal.decided_by.name}" if proposal.decided_by else ""
        raise Conflict(f"This proposal is {proposal.get_state_display().lower()} already{who}.", code="already_decided")
    return proposal


def _close(proposal: MasterProposal, actor: Actor, state: str, reason: str) -> None:
    proposal.state, proposal.reason = state, reason.strip()[:500]
    proposal.decided_at, proposal.decided_by_id = timezone.now(), actor.user_id
    proposal.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def _accept_change(proposal: MasterProposal) -> None:
    attribute = ATTRIBUTES[proposal.kind].get(proposal.attribute)
    if attribute is None or proposal.object_id is None:
        raise Conflict("Nobody knows this attribute any more: reject the proposal.", code="attribute_unknown")
    if attribute.fixed:
        raise Conflict(
            f"{attribute.label} is not changed by a proposal: stock, packs and prices hang on it. Have it put right in the other "
            "system, or make a new record.",
            code="attribute_fixed",
        )
    counts = record_map(proposal.kind).get(proposal.attribute, "")
    if counts and counts != proposal.system:
        raise Conflict(
            f"For {labelled(proposal.kind, proposal.attribute).lower()} the word of {counts} counts, which would change it back: "
            "have it changed there, or change the map.",
            code="other_record",
        )
    records = KINDS[proposal.kind].model._default_manager.select_for_update(no_key=True).in_bulk([proposal.object_id])
    if proposal.object_id not in records:
        raise Conflict("Our record is gone: reject the proposal.", code="record_gone")
    records_change(proposal.kind, {proposal.object_id: {proposal.attribute: proposal.theirs}}, records)


def _accept_new(actor: Actor, proposal: MasterProposal, same_as: int | None, category: str, facility: str) -> None:
    said = said_again(proposal)
    if same_as is None:
        values, wrong = said_read(proposal.kind, said)
        if wrong:
            raise Invalid(" ".join(wrong), code="record_invalid")
        same_as = record_create(proposal.kind, said, values, category=category, facility=facility).pk
    elif not KINDS[proposal.kind].model._default_manager.filter(pk=same_as).exists():
        raise NotFound("There is no such record of ours.")
    taken = ExternalId.objects.filter(system=proposal.system, kind=proposal.kind, object_id=same_as).first()
    if taken:
        raise Conflict(f"Our record is {taken.external_id} in {proposal.system} already.", code="already_linked")
    ExternalId.objects.create(
        system=proposal.system,
        kind=proposal.kind,
        external_id=proposal.external_id,
        object_id=same_as,
        seen_at=timezone.now(),
    )
    _hear_again(actor, proposal)


def _relink(proposal: MasterProposal) -> None:
    link = ExternalId.objects.select_for_update().filter(
        system=proposal.system, kind=proposal.kind, object_id=proposal.object_id or 0
    )
    if not link.update(external_id=proposal.external_id, seen_at=timezone.now()):
        raise Conflict(
            "Our record has no reference there any more: it is found anew with the next pull.", code="link_gone"
        )


def _hear_again(actor: Actor, proposal: MasterProposal) -> None:
    """Now that it is known whose record it is, what the system said about it counts or is proposed."""
    # the proposal itself ends by the decision, not because the values agree
    MasterProposal.objects.filter(pk=proposal.pk).update(state=State.ACCEPTED)
    masters_take(
        actor=actor,
        system=proposal.system,
        system_name=proposal.system,
        kind=proposal.kind,
        rows=[said_again(proposal)],
    )
