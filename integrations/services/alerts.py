"""Alerts: one per cause, kept open while the cause lasts. Notices are written with them and sent until they arrived.

A check looks at everything from scratch, so that nothing needs to remember to raise or to settle an alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.errors import NotAllowed, NotFound
from integrations.models import Alert, Notice
from integrations.selectors import without_place
from integrations.services.endpoints import THRESHOLD
from integrations.watching import silences
from masterdata.models import Role

Kind = Alert.Kind
GREW: Final = 10
"""An alert is told again when it is so many times as large as when it was last told."""
AGAIN: Final = timedelta(days=1)
STUCK_AFTER: Final = timedelta(minutes=10)
ACKNOWLEDGED_WITHIN_HOURS: Final = 24
ANSWERED_WITHIN_HOURS: Final = 48
"""Where the endpoint's configuration does not say otherwise: acknowledgement_hours, answer_hours."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why somebody should look, found now. `key` names it; `count` things share it."""

    key: str
    kind: str
    title: str
    detail: str = ""
    count: int = 1
    endpoint_id: int | None = None


# each returns: key, endpoint id, endpoint name, words, count
_DEAD: Final = """
SELECT concat_ws(':', 'out', e.code, m.topic, m.cause, left(replace(m.detail, m.document_number, '…'), 80)), e.id, e.name,
       max(replace(m.detail, m.document_number, '…')), count(*)
FROM integrations_outboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id WHERE m.state = 'dead'
GROUP BY 1, 2, 3
UNION ALL
SELECT concat_ws(':', 'in', e.code, m.kind, m.cause, left(replace(m.detail, m.control_number, '…'), 80)), e.id, e.name,
       max(replace(m.detail, m.control_number, '…')), count(*)
FROM integrations_inboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
WHERE m.state IN ('failed', 'quarantined') GROUP BY 1, 2, 3
"""
_UNKNOWN: Final = """
SELECT e.code, e.id, e.name, '', count(*) FROM integrations_outboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
WHERE m.state = 'unknown' AND e.duplicates = 'manual' GROUP BY 1, 2, 3
"""
_CIRCUIT: Final = """
SELECT e.code, e.id, e.name, e.probe_detail, 1 FROM integrations_endpoint e
WHERE NOT e.paused AND e.consecutive_failures >= %(threshold)s AND e.circuit_reason <> 'authentication'
"""
_SIGN_IN: Final = """
SELECT e.code, e.id, e.name, '', 1 FROM integrations_endpoint e WHERE NOT e.paused AND e.circuit_reason = 'authentication'
"""
_STUCK: Final = """
SELECT e.code, e.id, e.name, '', count(*) FROM integrations_outboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
WHERE NOT e.paused AND NOT (m.state = 'unknown' AND e.duplicates = 'manual') AND (
    (m.state = 'in_flight' AND m.lease_until < %(late)s)
    OR (m.state IN ('queued', 'retry', 'unknown') AND m.due_at < %(late)s AND coalesce(e.circuit_open_until, %(late)s) <= %(late)s))
GROUP BY 1, 2, 3
UNION ALL
SELECT 'in:' || e.code, e.id, e.name, max(m.detail), count(*)
FROM integrations_inboundmessage m JOIN integrations_endpoint e ON e.id = m.endpoint_id
WHERE NOT e.paused AND (m.state = 'received' AND m.due_at < %(late)s OR m.state = 'parked' AND m.received_at < %(late)s)
GROUP BY 1, 2, 3
"""
_UNREAD: Final = """
SELECT e.code || ':' || u.what, e.id, e.name, replace(u.what, '_', ' ') || 's: ' || u.detail, 1
FROM integrations_unread u JOIN integrations_endpoint e ON e.id = u.endpoint_id WHERE NOT e.paused
"""
_ACKNOWLEDGEMENT: Final = """
SELECT e.code, e.id, e.name, min(i.functional_id || ' ' || i.control_number), count(*)
FROM integrations_interchange i JOIN integrations_outboundmessage m ON m.id = i.message_id
JOIN integrations_partner p ON p.id = i.partner_id JOIN integrations_endpoint e ON e.id = m.endpoint_id
WHERE i.acknowledgement = 'waiting' AND i.usage = 'P' AND m.state = 'delivered'
  AND m.delivered_at < %(now)s - make_interval(hours => coalesce((p.habits->>'acknowledgement_due_hours')::int, %(acknowledged)s))
GROUP BY 1, 2, 3
"""
_ANSWER: Final = """
SELECT e.code, e.id, e.name, min(o.number), count(*)
FROM procurement_purchaseorder o JOIN integrations_partner p ON p.supplier_id = o.supplier_id
JOIN integrations_endpoint e ON e.id = p.endpoint_id
JOIN integrations_outboundmessage m ON m.endpoint_id = e.id AND m.key = o.number
WHERE o.status = 'issued' AND o.acknowledgement = 'none' AND m.state = 'delivered'
  AND m.delivered_at < %(now)s - make_interval(hours => coalesce((e.config->>'answer_hours')::int, %(answered)s))
GROUP BY 1, 2, 3
"""
_LATE: Final = """
SELECT s.code, NULL::bigint, s.name, min(o.number), count(*)
FROM procurement_purchaseorder o JOIN masterdata_supplier s ON s.id = o.supplier_id
JOIN masterdata_facility f ON f.id = o.facility_id
WHERE o.status IN ('issued', 'partially_received') AND o.needed_by < timezone(f.timezone, %(now)s)::date
GROUP BY 1, 2, 3
"""

_WORDS: Final[Sequence[tuple[str, str, str]]] = (
    (Kind.DEAD_LETTER, _DEAD, "{name}, dead letters ({count:,}): {words}"),
    (Kind.UNKNOWN_OUTCOME, _UNKNOWN, "{name}: outcomes that a person has to find out: {count:,}"),
    (Kind.CIRCUIT_OPEN, _CIRCUIT, "{name} does not answer; messages wait. {words}"),
    (Kind.SIGN_IN, _SIGN_IN, "{name} refuses our sign-in; messages wait until the credentials are right"),
    (Kind.STUCK, _STUCK, "{name}: documents that have not moved for ten minutes: {count:,}. {words}"),
    (Kind.UNREAD, _UNREAD, "{name} answers otherwise than agreed; nothing of it is taken in: {words}"),
    (
        Kind.ACKNOWLEDGEMENT_OVERDUE,
        _ACKNOWLEDGEMENT,
        "{name} owes acknowledgements of transmissions: {count:,} (first: {words})",
    ),
    (Kind.ANSWER_OVERDUE, _ANSWER, "{name} owes answers to orders: {count:,} (first: {words})"),
    (Kind.ORDER_LATE, _LATE, "{name}: late orders: {count:,} (first: {words})"),
)


def alerts_check() -> int:
    """Open, refresh and resolve alerts by what is the case now, and write their notices. Returns how many are open."""
    found = {cause.key: cause for cause in (*_causes(), *_silent())}
    now = timezone.now()
    with transaction.atomic():
        # one checker at a time: two would both see a new cause
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHECKING])
        known = {alert.key: alert for alert in Alert.objects.filter(resolved_at=None)}
        notices = []
        for key, cause in found.items():
            if (alert := known.get(key)) is None:
                notices += _notices(_open(cause), Notice.What.OPENED)
            else:
                notices += _refresh(alert, cause)
        for key in known.keys() - found.keys():
            alert = known[key]
            alert.resolved_at = now
            alert.save(update_fields=["resolved_at"])
            notices += _notices(alert, Notice.What.RESOLVED)
        Notice.objects.bulk_create(notices)
    return len(found)


_CHECKING: Final = 0x0A1E27


def _causes() -> Iterable[Cause]:
    now = timezone.now()
    values: dict[str, datetime | int] = {
        "now": now, "late": now - STUCK_AFTER, "threshold": THRESHOLD, "acknowledged": ACKNOWLEDGED_WITHIN_HOURS,
        "answered": ANSWERED_WITHIN_HOURS,
    }  # fmt: skip
    for kind, statement, words in _WORDS:
        with connection.cursor() as cursor:
            # a statement without parameters of its own still has its quotes and percent signs read
            cursor.execute(statement, values)
            rows = cursor.fetchall()
        for key, endpoint_id, name, detail, count in rows:
            title = words.format(count=count, name=name, words=without_place(detail or "")).strip()
            yield Cause(
                key=f"{kind}:{key}"[:200], kind=kind, title=title[:200], detail=(detail or "")[:500], count=count,
                endpoint_id=endpoint_id,
            )  # fmt: skip


def _silent() -> Iterable[Cause]:
    for silence in silences():
        yield Cause(
            key=f"{Kind.BEAT_DEAD}:{silence.name}", kind=Kind.BEAT_DEAD,
            title=f"Nothing was heard of {silence.name} since {silence.since:%Y-%m-%d %H:%M} UTC: look at beat and the workers",
        )  # fmt: skip


def _open(cause: Cause) -> Alert:
    return Alert.objects.create(
        key=cause.key, kind=cause.kind, endpoint_id=cause.endpoint_id, title=cause.title, detail=cause.detail,
        count=cause.count, noticed_count=cause.count,
    )  # fmt: skip


def _refresh(alert: Alert, cause: Cause) -> list[Notice]:
    now = timezone.now()
    alert.title, alert.detail, alert.count, alert.seen_at = cause.title, cause.detail, cause.count, now
    what = None
    if cause.count >= GREW * alert.noticed_count:
        what = Notice.What.GREW
    elif now - alert.noticed_at >= AGAIN and alert.taken_by_id is None:
        what = Notice.What.AGAIN
    if what:
        alert.noticed_at, alert.noticed_count = now, cause.count
    alert.save()
    return _notices(alert, what) if what else []


def _notices(alert: Alert, what: str) -> list[Notice]:
    channels: Mapping[str, object] = {
        Notice.Channel.MAIL: settings.EMAIL_HOST or settings.ALERT_EMAILS,
        Notice.Channel.WEBHOOK: settings.ALERT_WEBHOOK_URL,
    }
    return [
        Notice(alert=alert, channel=channel, what=what, count=alert.count)
        for channel, wanted in channels.items()
        if wanted
    ]


def alert_take(*, actor: Actor, alert_id: int) -> Alert:
    """Somebody looks after it: it is not told again every day. Raises NotFound, NotAllowed."""
    if actor.scopes(Role.INTEGRATION_SUPPORT) is not EVERYWHERE:
        raise NotAllowed("Only integration support of the whole network takes alerts.", code="role_missing")
    with transaction.atomic():
        alert = Alert.objects.select_for_update().filter(pk=alert_id, resolved_at=None).first()
        if alert is None:
            raise NotFound("There is no such open alert.")
        alert.taken_by_id = actor.user_id
        alert.save(update_fields=["taken_by"])
        return alert
