"""Reads of the post office, scoped: network-wide support, administrators and auditors see all, others what their facilities' documents tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.db import connection
from django.db.models import Count, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Replace
from django.utils import timezone

from core.actors import EVERYWHERE, Actor
from core.errors import NotFound
from core.keyset import Page, page
from core.models import BusinessEvent
from integrations.models import Alert, Attempt, Endpoint, Heartbeat, InboundMessage, OutboundMessage, Payload, Tally
from integrations.watching import EPOCH, windows_now
from masterdata.models import Role

Direction = Literal["out", "in"]
SEES_ALL: Final = (Role.INTEGRATION_SUPPORT, Role.ADMINISTRATOR, Role.AUDITOR)
_SHOWN_BYTES: Final = 200_000


def _visible(actor: Actor) -> Q:
    """Everything for those who look after the network's messages; else only messages of the actor's facilities."""
    if actor.scopes(*SEES_ALL) is EVERYWHERE:
        return Q()
    scopes = actor.scopes()
    return Q(facility__isnull=False) if scopes is EVERYWHERE else Q(facility__in=sorted(scopes))


def outbound_visible(actor: Actor) -> QuerySet[OutboundMessage]:
    """Messages that leave, with their endpoint."""
    return OutboundMessage.objects.filter(_visible(actor)).select_related("endpoint", "facility")


def inbound_visible(actor: Actor) -> QuerySet[InboundMessage]:
    """Documents that came in (not the files they came in), with their endpoint."""
    return InboundMessage.objects.filter(_visible(actor)).select_related("endpoint", "facility")


def outbound_stuck(actor: Actor, *states: str) -> QuerySet[OutboundMessage]:
    """Messages that only a person can move on: dead letters and unknown outcomes, or just the states named."""
    wanted = states or (OutboundMessage.State.DEAD, OutboundMessage.State.UNKNOWN)
    return outbound_visible(actor).filter(state__in=wanted)


def inbound_stuck(actor: Actor) -> QuerySet[InboundMessage]:
    """Documents that came in and could not be applied."""
    stuck = (InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED)
    return inbound_visible(actor).filter(state__in=stuck)


def outbound_found(
    actor: Actor, *, state: str = "", endpoint: str = "", topic: str = "", cause: str = "", facility: str = "", text: str = ""
) -> QuerySet[OutboundMessage]:  # fmt: skip
    """Messages that leave. `endpoint` and `facility` are codes, `cause` the class of a failure that still counts; `text` a document number, remote number, key or trace id (exact).

    `state` is one of OutboundMessage.State or "open" for everything that still has to leave.
    """
    found = outbound_visible(actor)
    if state == "open":
        found = found.filter(state__in=OutboundMessage.OPEN)
    elif state:
        found = found.filter(state=state)
    if cause:
        found = found.exclude(state__in=[OutboundMessage.State.DELIVERED, OutboundMessage.State.IN_FLIGHT])
    named = {"endpoint__code": endpoint, "topic": topic, "cause": cause, "facility__code": facility}
    found = found.filter(**{name: value for name, value in named.items() if value})
    if text:
        found = found.filter(Q(document_number=text) | Q(remote_reference=text) | Q(key=text) | Q(trace_id=text))
    return found


def outbound_list(actor: Actor, *, after: str = "", size: int = 50, **wanted: str) -> Page[OutboundMessage]:
    """One page of what `outbound_found` finds, newest first."""
    return page(outbound_found(actor, **wanted), after=after, size=size)


def inbound_found(
    actor: Actor, *, state: str = "", endpoint: str = "", kind: str = "", cause: str = "", facility: str = "",
    text: str = "", files: bool = False,
) -> QuerySet[InboundMessage]:  # fmt: skip
    """What came in: documents, or with `files` the files as they came. `kind` is 855, 856, 810 or 997.

    `text` is a document number, control number, file name or trace id (exact). Files that could not be split are listed with
    the documents too, since nothing else stands for them.
    """
    found = inbound_visible(actor)
    whole = Q(parent__isnull=True)
    found = found.filter(
        whole if files else ~whole | Q(state__in=[InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED])
    )
    named = {"state": state, "endpoint__code": endpoint, "kind": kind, "cause": cause, "facility__code": facility}
    found = found.filter(**{name: value for name, value in named.items() if value})
    if text:
        found = found.filter(Q(document_number=text) | Q(control_number=text) | Q(file_name=text) | Q(trace_id=text))
    return found


def inbound_list(actor: Actor, *, after: str = "", size: int = 50, **wanted: Any) -> Page[InboundMessage]:
    """One page of what `inbound_found` finds, newest first."""
    return page(inbound_found(actor, **wanted), after=after, size=size)


@dataclass(frozen=True)
class OutboundDetail:
    """One message with its tries, what was (or will be) sent, whom it waits for, and what people decided about it.

    `blocked_by` is the older message of the same stream that has to leave first. `choices` are the services of
    integrations.services.replay that make sense now: replay, resend, mark_delivered, cancel.
    """

    message: OutboundMessage
    attempts: Sequence[Attempt]
    payload_text: str
    blocked_by: OutboundMessage | None
    decisions: Sequence[BusinessEvent]
    choices: Sequence[str]


COUNTED: Final = 5000


@dataclass(frozen=True)
class Counted:
    """So many messages with one endpoint, in one state, about one thing, for one cause, of one facility (code and name)."""

    endpoint: tuple[str, str]
    state: str
    what: str
    cause: str
    facility: tuple[str, str]
    count: int


def counted(actor: Actor, direction: Direction) -> list[Counted]:
    """What lists are narrowed by, over the newest COUNTED messages of one direction, in one statement."""
    found: QuerySet[Any, Any] = outbound_visible(actor)
    if direction == "in":
        found = inbound_visible(actor).filter(
            Q(parent__isnull=False) | Q(state__in=[InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED])
        )
    what = "kind" if direction == "in" else "topic"
    newest, params = (
        found.select_related(None)
        .order_by("-id")
        .values("endpoint_id", "facility_id", "state", "cause", what)[:COUNTED]
        .query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.code, e.name, n.state, n.{what}, n.cause, coalesce(f.code, ''), coalesce(f.name, ''), count(*) FROM "  # noqa: S608 - Django's own statement
            f"({newest}) AS n JOIN integrations_endpoint e ON e.id = n.endpoint_id "
            "LEFT JOIN masterdata_facility f ON f.id = n.facility_id GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 2, 3, 4, 5, 7",
            params,
        )
        return [
            Counted((code, name), state, about, cause, (place, place_name), n)
            for code, name, state, about, cause, place, place_name, n in cursor.fetchall()
        ]


def outbound_get(actor: Actor, message_id: int) -> OutboundDetail:
    """Everything about one message. Raises NotFound."""
    message = outbound_visible(actor).select_related("payload", "interchange").filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    attempts = list(message.attempts.select_related("answer").order_by("-number")[:100])
    blocked_by = None
    if message.state in OutboundMessage.WAITING:
        blocked_by = blocking().filter(endpoint=message.endpoint, stream=message.stream, id__lt=message.pk).first()
    decisions = list(
        BusinessEvent.objects.filter(kind="message", number=f"out/{message.pk}").select_related("actor").order_by("-id")
    )
    return OutboundDetail(message, attempts, payload_text(message.payload), blocked_by, decisions, choices_of(message))


def blocking() -> QuerySet[OutboundMessage]:
    """Messages that hold back later ones of their stream: what has not left, and an order that was refused."""
    return OutboundMessage.objects.filter(
        Q(state__in=OutboundMessage.OPEN) | Q(state=OutboundMessage.State.DEAD, topic="purchase_order.create")
    ).order_by("id")


def choices_of(message: OutboundMessage) -> list[str]:
    """What a person of integration support may decide about the message now."""
    state = OutboundMessage.State(message.state)
    dead = state == OutboundMessage.State.DEAD
    choices = ["replay", "cancel"] if dead else []
    if state == OutboundMessage.State.UNKNOWN or (dead and message.cause in ("contract", "crashed")):
        choices += ["resend", "mark_delivered"]
    return choices


@dataclass(frozen=True)
class InboundDetail:
    """One document that came in, its text, the file it came in, and what people decided about it."""

    message: InboundMessage
    payload_text: str
    file: InboundMessage | None
    siblings: Sequence[InboundMessage]
    decisions: Sequence[BusinessEvent]
    choices: Sequence[str]


def inbound_get(actor: Actor, message_id: int) -> InboundDetail:
    """Everything about one document or file. `siblings` are the documents of the same file. Raises NotFound."""
    message = inbound_visible(actor).select_related("payload", "parent").filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    siblings = inbound_visible(actor).filter(parent=message.parent_id or message.pk).order_by("position")[:200]
    decisions = (
        BusinessEvent.objects.filter(kind="message", number=f"in/{message.pk}").select_related("actor").order_by("-id")
    )
    again = (InboundMessage.State.FAILED, InboundMessage.State.PARKED, InboundMessage.State.QUARANTINED)
    return InboundDetail(
        message, payload_text(message.payload), message.parent, list(siblings), list(decisions),
        ["replay"] if message.state in again else [],
    )  # fmt: skip


def payload_text(payload: Payload | None) -> str:
    """The bytes as a person reads them; long ones are cut."""
    if payload is None:
        return ""
    content = bytes(payload.content)
    text = content[:_SHOWN_BYTES].decode("utf-8", "replace")
    return text if len(content) <= _SHOWN_BYTES else f"{text}\n… ({len(content)} bytes in all)"


def endpoints_list(actor: Actor) -> QuerySet[Endpoint]:
    """Endpoints with `depth` (messages to leave), `oldest` (when the first of them was written), `dead`, `unknown`, `parked`.

    Only for those who look after the whole network; others get an empty list.
    """
    if actor.scopes(*SEES_ALL) is not EVERYWHERE:
        return Endpoint.objects.none()
    messages = OutboundMessage.objects.filter(endpoint=OuterRef("pk")).order_by().values("endpoint")
    documents = InboundMessage.objects.filter(endpoint=OuterRef("pk")).order_by().values("endpoint")

    def count(found: QuerySet[Any, Any]) -> Coalesce:
        return Coalesce(Subquery(found.annotate(n=Count("pk")).values("n")), 0, output_field=IntegerField())

    waiting = messages.filter(state__in=OutboundMessage.OPEN)
    return Endpoint.objects.annotate(
        depth=count(waiting),
        oldest=Subquery(waiting.annotate(t=Min("created_at")).values("t")),
        unknown=count(messages.filter(state=OutboundMessage.State.UNKNOWN)),
        dead=count(messages.filter(state=OutboundMessage.State.DEAD)),
        parked=count(documents.filter(state=InboundMessage.State.PARKED)),
        failed=count(documents.filter(state__in=[InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED])),
    ).order_by("kind", "name")


def endpoint_condition(endpoint: Endpoint) -> Literal["paused", "open", "failing", "healthy"]:
    """How an endpoint is: paused by a person, left alone by its circuit, failing, or healthy."""
    if endpoint.paused:
        return "paused"
    if endpoint.circuit_open_until is not None and endpoint.circuit_open_until > timezone.now():
        return "open"
    return "failing" if endpoint.consecutive_failures else "healthy"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Dead letters of one cause, leaving or come in: `words` say why, with the document's own number left out."""

    endpoint: str
    topic: str
    cause: str
    words: str
    example_id: int | None = None

    @property
    def sentence(self) -> str:
        return without_place(self.words)


def without_place(words: str) -> str:
    """Words of a cause as a sentence: without the gap at the beginning where the document's number was."""
    return words.removeprefix("…").lstrip(":,; ") or words


def group_of(actor: Actor, group: Group) -> QuerySet[OutboundMessage]:
    """The dead letters of a group that the actor may see."""
    found = OutboundMessage.objects.filter(_visible(actor), state=OutboundMessage.State.DEAD)
    return found.filter(endpoint__code=group.endpoint, topic=group.topic, cause=group.cause).alias(
        words=_words("document_number")
    ).filter(words=group.words)  # fmt: skip


def inbound_group_of(actor: Actor, group: Group) -> QuerySet[InboundMessage]:
    """The documents and files that came in and were set aside for one cause; `topic` is their kind, "file" a whole file."""
    stuck = [InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED]
    found = InboundMessage.objects.filter(
        _visible(actor), state__in=stuck, endpoint__code=group.endpoint, cause=group.cause
    )
    kind = "" if group.topic == "file" else group.topic
    return found.filter(kind=kind).alias(words=_words("control_number")).filter(words=group.words)


def _words(number: str) -> Replace:
    """What was said, without the document's own number: the same cause says the same."""
    return Replace("detail", F(number), Value("…"))  # type: ignore[arg-type]  # any expression will do


@dataclass(frozen=True)
class CauseGroup:
    """Dead letters (or quarantined documents) with one cause, at one endpoint. `words` are as in Group."""

    direction: Direction
    endpoint: str
    endpoint_name: str
    what: str
    cause: str
    count: int
    oldest: datetime
    newest: datetime
    example_id: int
    words: str

    @property
    def sentence(self) -> str:
        return without_place(self.words)


def dead_letters(actor: Actor) -> list[CauseGroup]:
    """What needs a person, grouped by endpoint, topic, cause and words, the largest group first. Two statements."""
    groups = [
        *_groups(
            "out",
            outbound_visible(actor).filter(state=OutboundMessage.State.DEAD),
            "topic",
            "created_at",
            "document_number",
        ),
        *_groups(
            "in",
            inbound_visible(actor).filter(state__in=[InboundMessage.State.FAILED, InboundMessage.State.QUARANTINED]),
            "kind",
            "received_at",
            "control_number",
        ),
    ]
    return sorted(groups, key=lambda group: (-group.count, group.oldest))


def _groups(direction: Direction, found: QuerySet[Any, Any], what: str, moment: str, number: str) -> list[CauseGroup]:
    rows = (
        found.order_by()
        .annotate(words=_words(number))
        .values("endpoint__code", "endpoint__name", what, "cause", "words")
        .annotate(n=Count("pk"), oldest=Min(moment), newest=Max(moment), example=Max("pk"))
    )
    return [
        CauseGroup(
            direction, row["endpoint__code"], row["endpoint__name"], row[what] or "file", row["cause"], row["n"],
            row["oldest"], row["newest"], row["example"], row["words"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class DocumentMessage:
    """A message on a document's timeline. `moment` is when it was delivered or applied, else when it was written or came."""

    direction: Direction
    id: int
    endpoint: str
    what: str
    document_kind: str
    document_number: str
    state: str
    state_label: str
    cause: str
    detail: str
    reference: str
    began: datetime
    moment: datetime
    attempts: int


def messages_of_document(actor: Actor, kind: str, numbers: Sequence[str]) -> list[DocumentMessage]:
    """Everything that went out or came in about these documents of one kind (purchase_order, receipt, invoice), oldest first."""
    documents = Q(document_kind=kind, document_number__in=list(numbers))
    out = outbound_visible(actor).filter(documents).order_by("id")[:500]
    into = inbound_visible(actor).filter(documents, parent__isnull=False).order_by("id")[:500]
    rows = [
        *(
            DocumentMessage(
                "out", m.pk, m.endpoint.name, m.topic, m.document_kind, m.document_number, m.state, m.get_state_display(),
                m.cause, m.detail, m.remote_reference, m.created_at, m.delivered_at or m.created_at, m.attempt_count,
            )
            for m in out
        ),
        *(
            DocumentMessage(
                "in", m.pk, m.endpoint.name, m.kind, m.document_kind, m.document_number, m.state, m.get_state_display(),
                m.cause, m.detail, m.control_number, m.received_at, m.applied_at or m.received_at, 1,
            )
            for m in into
        ),
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.moment)


@dataclass(frozen=True)
class Backlog:
    """Counts for the home of integration support."""

    waiting: int
    overdue: int
    unknown: int
    dead: int
    parked: int
    failed: int


def backlog(actor: Actor, *, overdue_after: timedelta = timedelta(minutes=10)) -> Backlog:
    """How much waits, in two statements. Overdue is what was due that long ago and still has not left."""
    state = OutboundMessage.State
    late = timezone.now() - overdue_after
    out = outbound_visible(actor).filter(state__in=[*OutboundMessage.OPEN, state.DEAD]).order_by().aggregate(
        waiting=Count("pk", filter=~Q(state=state.DEAD)),
        overdue=Count("pk", filter=Q(state__in=OutboundMessage.WAITING, due_at__lt=late)),
        unknown=Count("pk", filter=Q(state=state.UNKNOWN)),
        dead=Count("pk", filter=Q(state=state.DEAD)),
    )  # fmt: skip
    came = InboundMessage.State
    waits = [came.PARKED, came.FAILED, came.QUARANTINED]
    into = inbound_visible(actor).filter(state__in=waits).order_by().aggregate(
        parked=Count("pk", filter=Q(state=came.PARKED)), failed=Count("pk", filter=~Q(state=came.PARKED))
    )  # fmt: skip
    return Backlog(**out, **into)


@dataclass(frozen=True)
class Gauges:
    """What is measured about the post office, by endpoint code. For machines: it is scoped by who may read /metrics at all."""

    outbox: Sequence[tuple[str, str, int]]
    oldest: Sequence[tuple[str, float]]
    tries: Sequence[tuple[str, str, int, float]]
    endpoints: Sequence[tuple[str, bool, bool]]
    inbox: Sequence[tuple[str, str, int]]
    alerts: Sequence[tuple[str, int]]
    heartbeats: Sequence[tuple[str, float]]


def gauges() -> Gauges:
    """Everything /metrics says, in eight statements whatever the size of the queues."""
    now = timezone.now()
    open_states = [*OutboundMessage.OPEN, OutboundMessage.State.DEAD]
    waiting = OutboundMessage.objects.filter(state__in=open_states).order_by()
    oldest = waiting.filter(state__in=OutboundMessage.OPEN).values_list("endpoint__code").annotate(t=Min("created_at"))
    maintained = windows_now(now)
    unsettled = [InboundMessage.State.PARKED, InboundMessage.State.QUARANTINED, InboundMessage.State.FAILED]
    documents = InboundMessage.objects.filter(state__in=unsettled).order_by()
    totals = Tally.objects.filter(slot=EPOCH).order_by("endpoint", "outcome")
    return Gauges(
        outbox=list(waiting.values_list("endpoint__code", "state").annotate(n=Count("pk"))),
        oldest=[(code, (now - at).total_seconds()) for code, at in oldest],
        tries=list(totals.values_list("endpoint__code", "outcome", "tries", "seconds")),
        endpoints=[
            (e.code, endpoint_condition(e) == "open", e.paused or e.pk in maintained)
            for e in Endpoint.objects.order_by("code")
        ],
        inbox=list(documents.values_list("endpoint__code", "state").annotate(n=Count("pk"))),
        alerts=list(Alert.objects.filter(resolved_at=None).order_by().values_list("kind").annotate(n=Count("pk"))),
        heartbeats=[(h.name, (now - h.beaten_at).total_seconds()) for h in Heartbeat.objects.order_by("name")],
    )


def alerts_open(actor: Actor) -> QuerySet[Alert]:
    """Open alerts, newest first; only for those who look after the whole network."""
    return _alerts(actor).filter(resolved_at=None)


def alerts_past(actor: Actor, *, most: int = 50) -> list[Alert]:
    """The alerts that were over last."""
    return list(_alerts(actor).filter(resolved_at__isnull=False).order_by("-resolved_at")[:most])


def _alerts(actor: Actor) -> QuerySet[Alert]:
    if actor.scopes(*SEES_ALL) is not EVERYWHERE:
        return Alert.objects.none()
    return Alert.objects.select_related("endpoint", "taken_by").order_by("-opened_at", "-pk")
