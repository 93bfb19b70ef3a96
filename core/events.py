"""Domain events: facts a room states upward, inside its own transaction, and the log that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, ClassVar, TypedDict

from django.db import transaction

from core.actors import Actor
from core.models import BusinessEvent
from core.tracing import current_trace_id


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact, named in the past tense, that carries ids and plain values and never model objects.

    `number` is the document it is about, `facility_id` where it happened. `trace_id` is empty for "the current one".
    """

    kind: ClassVar[str] = ""
    number: str
    facility_id: int | None
    actor_id: int | None = None
    on_behalf_of_id: int | None = None
    trace_id: str = ""


Handler = Callable[[Any], None]

_handlers: dict[type[Event], tuple[Handler, ...]] = {}
_HEADER = {f.name for f in fields(Event)}


def install(table: Mapping[type[Event], Sequence[Handler]]) -> None:
    """Replace the wiring; called once, by portal.apps."""
    _handlers.clear()
    _handlers.update({event: tuple(handlers) for event, handlers in table.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value if value is None or isinstance(value, (str, int, bool, float)) else str(value)


def emit(*facts: Event) -> None:
    """Log the facts (one statement) and hand each to its subscribers, in the caller's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"{type(facts[0]).__name__} was emitted outside a transaction")
    trace_id = current_trace_id()
    BusinessEvent.objects.bulk_create(
        BusinessEvent(
            type=type(fact).__name__,
            kind=fact.kind,
            number=fact.number,
            scope=fact.facility_id,
            actor_id=fact.actor_id,
            on_behalf_of_id=fact.on_behalf_of_id,
            trace_id=fact.trace_id or trace_id,
            data={k: _plain(v) for k, v in asdict(fact).items() if k not in _HEADER},
        )
        for fact in facts
    )
    for fact in facts:
        for handler in _handlers[type(fact)]:
            handler(fact)


class Who(TypedDict):
    actor_id: int
    on_behalf_of_id: int | None


def who(actor: Actor, role: str, facility_id: int) -> Who:
    """The actor fields of an event for an act done under `role` at a facility."""
    return {"actor_id": actor.user_id, "on_behalf_of_id": actor.on_behalf_of(role, facility_id)}
