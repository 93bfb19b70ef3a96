"""Reads of trading partners for those who look after the network's messages: lists, volumes, times, reasons, gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.errors import NotFound
from integrations.models import InboundMessage, Interchange, OutboundMessage, Partner, PartnerDocument
from integrations.selectors import SEES_ALL

WINDOW: Final = timedelta(days=30)
DAYS: Final = 14
_NEWEST: Final = 1000
_RESTART: Final = 1000
"""A larger jump of a partner's control numbers is no gap: they count anew."""
_BAD: Final = (InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED)

_VOLUMES: Final = """
SELECT day, what, direction, sum(n)::int FROM (
    SELECT (received_at AT TIME ZONE 'UTC')::date AS day, kind AS what, 'in' AS direction, count(*) AS n
    FROM integrations_inboundmessage WHERE endpoint_id = %(endpoint)s AND parent_id IS NOT NULL AND lane = 'live'
      AND received_at >= %(since)s GROUP BY 1, 2
    UNION ALL
    SELECT (delivered_at AT TIME ZONE 'UTC')::date, topic, 'out', count(*)
    FROM integrations_outboundmessage m WHERE endpoint_id = %(endpoint)s AND state = 'delivered' AND delivered_at >= %(since)s
      AND NOT EXISTS (SELECT FROM integrations_interchange i WHERE i.message_id = m.id AND i.usage = 'T')
    GROUP BY 1, 2
) AS counted GROUP BY 1, 2, 3 ORDER BY 1, 3, 2
"""
_TIMES: Final = """
SELECT count(*) FILTER (WHERE i.acknowledged_at IS NOT NULL), count(*) FILTER (WHERE i.acknowledgement = 'waiting'),
       count(*) FILTER (WHERE i.acknowledgement = 'rejected'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.acknowledged_at - m.delivered_at)),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM i.acknowledged_at - m.delivered_at))
FROM integrations_interchange i JOIN integrations_outboundmessage m ON m.id = i.message_id
WHERE i.partner_id = %(partner)s AND i.usage = 'P' AND i.acknowledgement <> 'not_expected' AND m.delivered_at >= %(since)s
"""
_REASONS: Final = """
SELECT what, cause, words, n, example FROM (
    SELECT kind AS what, cause, min(detail) AS words, count(*) AS n, max(id) AS example FROM integrations_inboundmessage
    WHERE endpoint_id = %(endpoint)s AND state IN ('failed', 'quarantined') AND received_at >= %(since)s GROUP BY 1, 2
) AS found ORDER BY n DESC, what LIMIT 10
"""
# The numbers of each side in the order they count: what is missing between two of the newest.
_GAPS: Final = """
SELECT side, number - gap + 1, number - 1 FROM (
    SELECT side, number, number - lag(number) OVER (PARTITION BY side ORDER BY number) AS gap FROM (
        (SELECT 'ours' AS side, control_number AS number FROM integrations_interchange
         WHERE partner_id = %(partner)s AND usage = 'P' ORDER BY control_number DESC LIMIT %(newest)s)
        UNION ALL
        (SELECT DISTINCT 'theirs', split_part(control_number, '/', 1)::bigint FROM (
            SELECT control_number FROM integrations_inboundmessage
            WHERE endpoint_id = %(endpoint)s AND parent_id IS NOT NULL AND lane = 'live' AND sender = '' ORDER BY id DESC LIMIT %(newest)s
         ) AS newest WHERE control_number ~ '^[0-9]{1,15}/')
    ) AS numbers
) AS steps WHERE gap > 1 AND (side = 'ours' OR gap <= %(restart)s) ORDER BY 1, 2 DESC LIMIT 40
"""


def partners_require(actor: Actor) -> None:
    """Only those who look after the whole network see its partners. Raises NotFound."""
    if actor.scopes(*SEES_ALL) is not EVERYWHERE:
        raise NotFound("There is no such page for you.")


def partners_list(actor: Actor, *, text: str = "") -> QuerySet[Partner]:
    """Partners by name with `taken`, `told` and `bad` documents of the last 30 days, and the moment of the `last` one.

    Tests are not counted; a file that could not be split is one bad document. Their documents' stages are prefetched. Raises NotFound.
    """
    partners_require(actor)
    since = timezone.now() - WINDOW
    every = InboundMessage.objects.filter(endpoint=OuterRef("endpoint")).order_by().values("endpoint")
    came = every.filter(parent__isnull=False)
    went = OutboundMessage.objects.filter(endpoint=OuterRef("endpoint")).order_by().values("endpoint")
    tests = Interchange.objects.filter(message=OuterRef("pk"), usage="T")

    def count(found: QuerySet[Any, Any]) -> Coalesce:
        return Coalesce(Subquery(found.annotate(n=Count("pk")).values("n")), 0, output_field=IntegerField())

    found = Partner.objects.select_related("supplier", "endpoint").prefetch_related("documents")
    if text := text.strip():
        found = found.filter(
            Q(supplier__name__icontains=text) | Q(supplier__code__icontains=text) | Q(identifier__icontains=text)
        )
    return found.annotate(
        taken=count(came.filter(received_at__gte=since, lane=InboundMessage.Lane.LIVE)),
        told=count(went.filter(~Exists(tests), delivered_at__gte=since)),
        bad=count(every.filter(received_at__gte=since, state__in=_BAD)),
        last=Greatest(
            Subquery(came.annotate(t=Max("received_at")).values("t")),
            Subquery(went.annotate(t=Max("delivered_at")).values("t")),
        ),
    ).order_by("supplier__name", "pk")


def partners_named(actor: Actor) -> QuerySet[Partner]:
    """Partners by name, to choose one; none for those who do not look after the whole network."""
    found = Partner.objects.select_related("supplier").order_by("supplier__name")
    return found if actor.scopes(*SEES_ALL) is EVERYWHERE else found.none()


def partner_condition(partner: Partner) -> str:
    """How far a partner is: paused, live (something is), starting (something will be), sandbox, or new."""
    if partner.endpoint.paused:
        return "paused"
    rows = [row for row in partner.documents.all() if row.stage != PartnerDocument.Stage.OFF]
    live = [row.live_at for row in rows if row.stage == PartnerDocument.Stage.LIVE and row.live_at]
    if live:
        return "live" if min(live) <= timezone.now() else "starting"
    return "sandbox" if rows else "new"


@dataclass(frozen=True)
class Volume:
    day: date
    what: str
    direction: str
    count: int


@dataclass(frozen=True)
class Times:
    """How long the partner took to acknowledge, in seconds, over the last 30 days; None where nothing was acknowledged."""

    acknowledged: int
    waiting: int
    rejected: int
    median: float | None
    p95: float | None


@dataclass(frozen=True)
class Reason:
    """Documents that were turned away, of one kind and cause."""

    what: str
    cause: str
    words: str
    count: int
    example: int


@dataclass(frozen=True)
class Gap:
    """Interchange numbers that never came (or went): from, to."""

    side: str
    first: int
    last: int


@dataclass(frozen=True)
class Figures:
    volumes: Sequence[Volume]
    times: Times
    reasons: Sequence[Reason]
    gaps: Sequence[Gap]


def partner_figures(actor: Actor, partner: Partner) -> Figures:
    """What happened between us and a partner lately. Four statements. Raises NotFound."""
    partners_require(actor)
    now = timezone.now()
    values: dict[str, int | datetime] = {
        "partner": partner.pk, "endpoint": partner.endpoint_id, "newest": _NEWEST, "restart": _RESTART, "since": now - WINDOW,
    }  # fmt: skip
    recent = {**values, "since": now - timedelta(days=DAYS)}
    return Figures(
        [Volume(*row) for row in _rows(_VOLUMES, recent)],
        Times(*_rows(_TIMES, values)[0]),
        [Reason(*row) for row in _rows(_REASONS, values)],
        [Gap(*row) for row in _rows(_GAPS, values)],
    )


def _rows(statement: str, values: dict[str, int | datetime]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def partner_latest(
    actor: Actor, partner: Partner, *, size: int = 15
) -> tuple[list[InboundMessage], list[OutboundMessage]]:
    """The last documents that came and went. Raises NotFound."""
    partners_require(actor)
    came = InboundMessage.objects.filter(endpoint=partner.endpoint_id).exclude(state=InboundMessage.State.SPLIT)
    went = OutboundMessage.objects.filter(endpoint=partner.endpoint_id).select_related("interchange")
    return list(came.order_by("-id")[:size]), list(went.order_by("-id")[:size])


def sandbox_files(actor: Actor, partner: Partner, *, size: int = 5) -> list[InboundMessage]:
    """The newest files in the sandbox, each with its documents. Raises NotFound."""
    partners_require(actor)
    tried = InboundMessage.objects.filter(endpoint=partner.endpoint_id, lane=InboundMessage.Lane.SANDBOX)
    newest = tried.annotate(file=Coalesce(F("parent"), F("pk"))).order_by("-id").values_list("file", flat=True)
    files = list(dict.fromkeys(newest[:200]))[:size]
    found = InboundMessage.objects.filter(pk__in=files).select_related("payload").prefetch_related("documents")
    return list(found.order_by("-id"))
