"""The door for files: raw bytes are kept before anything else happens, then the file becomes its documents.

The same file, or the same control number with the same bytes, is a duplicate; the same control number with other bytes is
quarantined. Every group that can be read is answered with a 997.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.tracing import new_trace_id
from integrations.models import InboundMessage, Partner
from integrations.services.outbox import acknowledgement_queue
from integrations.services.payloads import payload_keep
from integrations.x12 import Finding, Group, Interchange, X12Error, alone, read

State = InboundMessage.State
_MOST_FINDINGS = 50


def file_accept(*, partner: Partner, name: str, content: bytes) -> InboundMessage:
    """Keep a file as it came. The same bytes again are kept as evidence and do nothing."""
    with transaction.atomic():
        payload = payload_keep(content, "application/edi-x12")
        first = (
            InboundMessage.objects.filter(endpoint=partner.endpoint_id, payload=payload, parent=None)
            .order_by("id")
            .first()
        )
        return InboundMessage.objects.create(
            endpoint_id=partner.endpoint_id,
            file_name=name[:200],
            payload=payload,
            state=State.DUPLICATE if first else State.RECEIVED,
            cause="same_file" if first else "",
            detail=f"The same bytes came before, as {first.file_name} ({first.received_at:%Y-%m-%d %H:%M} UTC)." if first else "",
            due_at=timezone.now(),
            trace_id=new_trace_id(),
        )  # fmt: skip


def file_split(*, file: InboundMessage, partner: Partner) -> None:
    """Make the documents of a file, and queue a 997 for each group. In the caller's transaction."""
    try:
        interchanges = read(bytes(file.payload.content))
    except X12Error as fault:
        _end(file, State.FAILED, "unreadable", str(fault), ())
        return
    position, findings, documents = 0, list[Finding](), list[InboundMessage]()
    for interchange in interchanges:
        findings += interchange.findings
        verdict = _judge(file, partner, interchange)
        for group in interchange.groups:
            position += 1
            findings += group.findings
            documents += _documents(file, interchange, group, verdict, start=len(documents) + 1)
            if verdict.state == State.RECEIVED and group.gs and group.functional_id != "FA" and group.sets:
                _acknowledge(file, interchange, group, position)
    if not documents and not any(each.answers for each in interchanges):
        _end(file, State.FAILED, "empty", "The file holds no document.", findings)
        return
    InboundMessage.objects.bulk_create(documents)
    _end(file, State.SPLIT, "", f"{len(documents)} documents", findings)


@dataclass(frozen=True)
class _Verdict:
    """What becomes of the documents of one interchange."""

    state: str
    cause: str = ""
    detail: str = ""


def _judge(file: InboundMessage, partner: Partner, interchange: Interchange) -> _Verdict:
    if interchange.sender != (partner.qualifier, partner.identifier):
        return _Verdict(
            State.QUARANTINED, "wrong_sender",
            f"The file says it is from {':'.join(interchange.sender)}; this mailbox is {partner}'s.",
        )  # fmt: skip
    if interchange.usage and interchange.usage != ("T" if partner.test else "P"):
        agreed = "test" if partner.test else "production"
        return _Verdict(
            State.QUARANTINED, "usage", f"ISA15 is {interchange.usage}, but this partner is agreed for {agreed}."
        )
    earlier = dict(
        InboundMessage.objects.filter(
            endpoint=file.endpoint_id, parent__isnull=False, control_number__startswith=f"{interchange.control}/"
        )
        .exclude(parent=file)
        .values_list("control_number", "payload_id")
    )
    if not earlier:
        return _Verdict(State.RECEIVED)
    mine = {
        _control(interchange, group, at): payload_keep(alone(interchange, group, each), "application/edi-x12").pk
        for group in interchange.groups
        for at, each in enumerate(group.sets, start=1)
    }
    if mine == earlier:
        return _Verdict(State.DUPLICATE, "same_control_number", f"Interchange {interchange.control} came before.")
    return _Verdict(
        State.QUARANTINED, "control_number_reused",
        f"Interchange {interchange.control} came before with other content; nothing of this one was used.",
    )  # fmt: skip


def _documents(
    file: InboundMessage, interchange: Interchange, group: Group, verdict: _Verdict, *, start: int
) -> Iterator[InboundMessage]:
    for at, each in enumerate(group.sets, start=1):
        yield InboundMessage(
            endpoint_id=file.endpoint_id, parent=file, position=start + at - 1, file_name=file.file_name,
            payload=payload_keep(alone(interchange, group, each), "application/edi-x12"), kind=each.code[:20],
            control_number=_control(interchange, group, at), state=verdict.state, cause=verdict.cause,
            detail=verdict.detail, due_at=file.received_at, trace_id=file.trace_id,
        )  # fmt: skip


def _control(interchange: Interchange, group: Group, at: int) -> str:
    numbers = (interchange.control, group.functional_id + group.control, group.sets[at - 1].control)
    return "/".join(number[:18] for number in numbers)


def _acknowledge(file: InboundMessage, interchange: Interchange, group: Group, position: int) -> None:
    acknowledgement_queue(
        endpoint_id=file.endpoint_id, file_id=file.pk, position=position, trace_id=file.trace_id,
        key=f"997:{interchange.control[:15]}:{group.functional_id[:4]}:{group.control[:15]}",
    )  # fmt: skip


def _end(file: InboundMessage, state: str, cause: str, detail: str, findings: Sequence[Finding]) -> None:
    file.state, file.cause, file.detail = state, cause, detail[:500]
    file.findings, file.attempt_count = findings_plain(findings), 0
    file.save()


def findings_plain(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as they are stored with the message."""
    return [asdict(finding) for finding in findings[:_MOST_FINDINGS]]
