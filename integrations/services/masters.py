"""Pulls items, suppliers, cost centers and budgets from ERPs: page by page, from where the last pull ended, as often as wanted.

A page is read, then taken in together with its cursor and its results in one transaction: a pull that is cut off anywhere goes on
where it was, and nothing counts twice. One worker pulls from an ERP at a time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, TypedDict

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.errors import NotAllowed, NotFound
from core.secrets import SecretUnreadable
from integrations.erp.base import BUDGET, BudgetPage, ErpAdapter, MasterPage
from integrations.models import Endpoint, MasterPull, MasterPullRow
from integrations.remote import Answer
from integrations.services.channels import ADAPTERS, adapter_for
from integrations.services.drift import pull_noted
from integrations.services.endpoints import available, backoff, place_at
from integrations.services.service_actor import service_actor
from masterdata.models import ExternalId, Role
from masterdata.rules.stewardship import Said
from masterdata.selectors.stewardship import READERS
from masterdata.services.masters import Verdict, masters_take, proposals_settle
from procurement.services.budgets import BudgetSaid, budgets_take

DELTA_EVERY: Final = timedelta(minutes=15)
FULL_EVERY: Final = timedelta(hours=24)
"""What was deleted over there is only missed by a round over all."""
_KEPT: Final = 20
"""Finished rounds of a kind that are kept with their rows."""
_PLACE: Final = 2
_log = structlog.get_logger(__name__)


def kinds_of(endpoint: Endpoint) -> tuple[str, ...]:
    """What is pulled from an ERP: all that its adapter gives, or those of it that its option `pulls` names ("none": nothing)."""
    maker = ADAPTERS.get(endpoint.adapter)
    if maker is None:
        return ()
    given = (*sorted(maker.capabilities.masters), *((BUDGET,) if maker.capabilities.budgets else ()))
    named = {name.strip() for name in endpoint.option("pulls").split(",")} - {""}
    return tuple(kind for kind in given if not named or kind in named)


def masters_request(*, actor: Actor, endpoint: str, kind: str, full: bool) -> MasterPull:
    """Pull now. Where a round is open already, that one goes on at once. Raises NotAllowed, NotFound.

    The caller rings for a worker; without, the next beat takes it up.
    """
    if actor.scopes(Role.INTEGRATION_SUPPORT, Role.STEWARD, Role.ADMINISTRATOR) is not EVERYWHERE:
        raise NotAllowed("Pulling takes integration support or a steward of the whole network.", code="role_missing")
    found = Endpoint.objects.filter(code=endpoint, kind=Endpoint.Kind.ERP).first()
    if found is None or kind not in kinds_of(found):
        raise NotFound("There is no such ERP." if found is None else f"{found.name} gives no {kind} records.")
    pull = _begin(found, kind, full=full, by=actor.user_id)
    MasterPull.objects.filter(pk=pull.pk).update(due_at=timezone.now())
    return pull


def erp_names() -> dict[str, str]:
    """Name by code of every ERP, as master data calls the systems."""
    return dict(Endpoint.objects.filter(kind=Endpoint.Kind.ERP).order_by("name").values_list("code", "name"))


class Seen(TypedDict):
    """What is pulled of a kind from an ERP: the round that is open, and the last that is done."""

    endpoint: Endpoint
    kind: str
    open: MasterPull | None
    last: MasterPull | None


def pulls_seen(actor: Actor) -> list[Seen]:
    """Every kind of every ERP with its rounds, for readers of master data."""
    if not any(actor.has(role) for role in READERS):
        return []
    latest = MasterPull.objects.order_by("endpoint_id", "kind", "state", "-id").distinct("endpoint_id", "kind", "state")
    known = {(row.endpoint_id, row.kind, row.state): row for row in latest}
    return [
        Seen(
            endpoint=endpoint, kind=kind, open=known.get((endpoint.pk, kind, MasterPull.State.OPEN)),
            last=known.get((endpoint.pk, kind, MasterPull.State.DONE)),
        )
        for endpoint in Endpoint.objects.filter(kind=Endpoint.Kind.ERP).order_by("name")
        for kind in kinds_of(endpoint)
    ]  # fmt: skip


def pull_rows(actor: Actor, pull_id: int) -> tuple[MasterPull, QuerySet[MasterPullRow]]:
    """A round and what became of its records; of items and suppliers for readers of master data, of cost centers and budgets for
    those of the whole network. Raises NotFound.
    """
    found = MasterPull.objects.filter(pk=pull_id).select_related("endpoint").first()
    of_all = actor.scopes(*READERS) is EVERYWHERE
    reads = of_all or (
        any(actor.has(role) for role in READERS) and found is not None and found.kind in ("item", "supplier")
    )
    if found is None or not reads:
        raise NotFound("There is no such pull.")
    return found, found.rows.order_by("id")


def masters_plan() -> int:
    """Open the rounds that are due: what changed every few minutes, everything once a day. Returns how many were opened."""
    opened, now = 0, timezone.now()
    for endpoint in Endpoint.objects.filter(available(), kind=Endpoint.Kind.ERP):
        for kind in kinds_of(endpoint):
            done = MasterPull.objects.filter(endpoint=endpoint, kind=kind, state=MasterPull.State.DONE)
            last = done.order_by("-id").first()
            if last is not None and last.finished_at is not None and now - last.finished_at < DELTA_EVERY:
                continue
            if MasterPull.objects.filter(endpoint=endpoint, kind=kind, state=MasterPull.State.OPEN).exists():
                continue
            whole = done.filter(full=True, started_at__gt=now - FULL_EVERY).exists()
            _begin(endpoint, kind, full=not whole)
            opened += 1
    return opened


def masters_run(*, seconds: float = 30.0) -> int:
    """Carry open rounds on, for at most so long and one more page. Returns how many pages were taken in."""
    ends, pages = time.monotonic() + seconds, 0
    due = MasterPull.objects.filter(
        available("endpoint__"), state=MasterPull.State.OPEN, due_at__lte=timezone.now()
    ).select_related("endpoint")
    for pull in due.order_by("due_at", "id"):
        if time.monotonic() > ends:
            break
        with place_at(pull.endpoint_id, 1, what=_PLACE) as free:
            while free and time.monotonic() < ends:
                pull.refresh_from_db()
                if pull.state != MasterPull.State.OPEN or not _page(pull):
                    break
                pages += 1
    return pages


def _begin(endpoint: Endpoint, kind: str, *, full: bool, by: int | None = None) -> MasterPull:
    last = MasterPull.objects.filter(endpoint=endpoint, kind=kind, state=MasterPull.State.DONE).order_by("-id").first()
    now = timezone.now()
    pull, _ = MasterPull.objects.get_or_create(
        endpoint=endpoint, kind=kind, state=MasterPull.State.OPEN,
        defaults={
            "full": full or last is None, "cursor": "" if full or last is None else last.cursor, "requested_by_id": by,
            "started_at": now, "due_at": now,
        },
    )  # fmt: skip
    return pull


def _page(pull: MasterPull) -> bool:
    """One page. Whether it was taken in; a failure is noted, and the round waits."""
    try:
        adapter = adapter_for(pull.endpoint)
        told = _asked(adapter, pull)
    except (ImproperlyConfigured, SecretUnreadable) as fault:
        told = str(fault)
    if isinstance(told, str):
        _log.warning("masters_unread", endpoint=pull.endpoint.code, kind=pull.kind, reason=told)
        MasterPull.objects.filter(pk=pull.pk).update(
            failures=F("failures") + 1, detail=told[:500],
            due_at=timezone.now() + backoff(pull.failures + 1, first=10.0, longest=900.0),
        )  # fmt: skip
        return False
    with transaction.atomic():
        if pull.kind == BUDGET:
            _take_budgets(pull, told)
        else:
            _take_masters(pull, told)
    return True


def _asked(adapter: ErpAdapter, pull: MasterPull) -> MasterPage | BudgetPage | str:
    answer = adapter.budgets() if pull.kind == BUDGET else adapter.masters(pull.kind, pull.cursor)
    pull_noted(pull.endpoint, pull.kind, answer if isinstance(answer, Answer) else None, answer.drift)
    if isinstance(answer, Answer):
        return answer.detail or f"It could not be asked ({answer.outcome.value})."
    return answer


def _take_masters(pull: MasterPull, page: MasterPage | BudgetPage) -> None:
    if not isinstance(page, MasterPage):
        raise TypeError("a page of masters was expected")
    rows = [Said(external_id=each.external_id, number=each.number, values=each.values) for each in page.masters]
    endpoint = pull.endpoint
    verdicts = masters_take(
        actor=service_actor(), system=endpoint.code, system_name=endpoint.name, kind=pull.kind, rows=rows,
        seen_at=timezone.now(),
    )  # fmt: skip
    _note(pull, verdicts, page.cursor)
    if not page.more:
        proposals_settle(pull.kind)
        _finish(pull)


def _take_budgets(pull: MasterPull, page: MasterPage | BudgetPage) -> None:
    if isinstance(page, MasterPage):
        raise TypeError("budgets were expected")
    told, now = page.budgets, timezone.now()
    outcome = budgets_take(
        system=pull.endpoint.code,
        rows=[
            BudgetSaid(
                cost_center=each.cost_center, period=each.period, amount=each.budget, committed=each.committed, actual=each.actual,
                as_of=min(each.as_of, now) if each.as_of else now,
            )
            for each in told
        ],
    )  # fmt: skip
    verdicts = [
        Verdict(
            external_id=f"{each.cost_center} {each.period}"[:80],
            number=each.cost_center,
            verdict=verdict,
            reason=reason,
        )
        for each, (verdict, reason) in zip(told, outcome, strict=True)
    ]
    _note(pull, verdicts, "")
    _finish(pull)


def _note(pull: MasterPull, verdicts: Iterable[Verdict], cursor: str) -> None:
    """Results and cursor of a page, in its transaction. Nobody else carries this round on meanwhile."""
    told = list(verdicts)
    counts = Counter(each.verdict for each in told)
    MasterPullRow.objects.bulk_create(
        MasterPullRow(
            pull=pull, external_id=each.external_id[:80].replace("\0", ""), number=each.number[:80].replace("\0", ""),
            verdict=each.verdict, reason=each.reason[:500].replace("\0", ""),
        )
        for each in told if each.verdict != "unchanged"
    )  # fmt: skip
    pull.pages, pull.cursor, pull.failures, pull.detail = pull.pages + 1, cursor, 0, ""
    for name in ("new", "changed", "unchanged", "conflicting", "invalid"):
        setattr(pull, name, getattr(pull, name) + counts[name])
    pull.save()


def _finish(pull: MasterPull) -> None:
    pull.state, pull.finished_at = MasterPull.State.DONE, timezone.now()
    if pull.full and pull.kind != BUDGET:
        pull.missing = _missed(pull)
    pull.save()
    old = MasterPull.objects.filter(endpoint=pull.endpoint_id, kind=pull.kind, state=MasterPull.State.DONE)
    kept = list(old.order_by("-id").values_list("pk", flat=True)[:_KEPT])
    # the last round over all stays, however many others came since
    whole = old.filter(full=True).order_by("-id").values_list("pk", flat=True)[:1]
    old.exclude(pk__in=[*kept, *whole]).delete()


def _missed(pull: MasterPull) -> int:
    """References that a round over all did not come across: they are kept, and listed."""
    gone = ExternalId.objects.filter(
        system=pull.endpoint.code, kind=pull.kind, seen_at__isnull=False, seen_at__lt=pull.started_at
    )
    rows = MasterPullRow.objects.bulk_create(
        MasterPullRow(
            pull=pull, external_id=each.external_id, verdict=MasterPullRow.Verdict.MISSING,
            reason=f"{pull.endpoint.name} does not list it any more. Our record and its reference are kept.",
        )
        for each in gone.order_by("pk")
    )  # fmt: skip
    return len(rows)
