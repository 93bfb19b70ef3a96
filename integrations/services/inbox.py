"""The door for files: raw bytes are kept before anything else happens, then the file becomes its documents.

Files are recognised by what they are, whatever their name. The same file, or the same control number with the same bytes, is a
duplicate; the same control number with other bytes is quarantined; the partner's profile may say otherwise. Groups of X12 that
can be read are answered with a 997. What is a test goes to the sandbox lane, where nothing has an effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.tracing import new_trace_id
from integrations.edi_files import MEDIA_TYPES, Batch, EdiFile, Part, Unreadable, edi_file_read
from integrations.models import InboundMessage, Partner
from integrations.services.interchange_answers import interchange_answers_take, interchanges_answer
from integrations.services.outbox import acknowledgement_queue
from integrations.services.payloads import payload_keep_new, payloads_keep
from integrations.services.profiles import profile_of
from integrations.x12 import Finding, Profile

State = InboundMessage.State
Lane = InboundMessage.Lane
_MOST_FINDINGS = 50
_ANSWERS: Final = frozenset({"997"})
"""Kinds of documents that answer what we sent, and come from whoever it was addressed to."""
ACKNOWLEDGED_WITHIN: Final = timedelta(minutes=10)
"""How long a 997 that goes after processing waits for documents that wait themselves: they can be read, and that is what it says."""


def file_accept(*, partner: Partner, name: str, content: bytes) -> InboundMessage:
    """Keep a file as it came. The same bytes again are kept as evidence and do nothing, unless the profile says otherwise."""
    with transaction.atomic():
        payload, new = payload_keep_new(content, MEDIA_TYPES.get(partner.format, MEDIA_TYPES["x12"]))
        policy = profile_of(partner).duplicates
        first = None if new or policy == "process" else _first(partner, payload.pk)
        refused = State.QUARANTINED if policy == "quarantine" else State.DUPLICATE
        return InboundMessage.objects.create(
            endpoint_id=partner.endpoint_id,
            file_name=name[:200],
            payload=payload,
            state=refused if first else State.RECEIVED,
            cause="same_file" if first else "",
            detail=f"The same bytes came before, as {first.file_name} ({first.received_at:%Y-%m-%d %H:%M} UTC)." if first else "",
            due_at=timezone.now(),
            trace_id=new_trace_id(),
        )  # fmt: skip


def _first(partner: Partner, payload: str) -> InboundMessage | None:
    """The file that came with the same bytes before. One of which everything was only tried in the sandbox does not count."""
    documents = InboundMessage.objects.filter(parent=OuterRef("pk"))
    tried = Exists(documents) & ~Exists(documents.filter(lane=Lane.LIVE))
    same = InboundMessage.objects.filter(endpoint=partner.endpoint_id, payload=payload, parent=None, lane=Lane.LIVE)
    return same.exclude(tried).order_by("id").first()


def file_split(*, file: InboundMessage, partner: Partner) -> None:
    """Make the documents of a file, and queue a 997 for each group. In the caller's transaction."""
    profile = profile_of(partner)
    try:
        split = edi_file_read(bytes(file.payload.content), profile)
    except Unreadable as fault:
        _end(file, State.FAILED, "unreadable", str(fault), ())
        return
    findings = [finding for part in split.parts for finding in _findings(part)]
    if split.format != partner.format:
        agreed, found = partner.get_format_display(), Partner.Format(split.format).label
        _end(file, State.QUARANTINED, "wrong_format", f"This file is {found}; {agreed} was agreed.", findings)
        return
    digests = _keep(split)
    judged = [(part, _judge(file, partner, profile, part, digests)) for part in split.parts]
    documents = [
        document
        for part, verdict in judged
        for document in _documents(file, part, verdict, profile, digests, partner.format)
    ]
    if not documents and not any(part.answers for part in split.parts):
        _end(file, State.FAILED, "empty", "The file holds no document.", findings)
        return
    for position, document in enumerate(documents, start=1):
        document.position = position
    InboundMessage.objects.bulk_create(documents)
    answerable = judged if split.format == "x12" else []
    interchanges_answer(
        file=file,
        parts=[(part, verdict.state, verdict.cause) for part, verdict in answerable],
        timing=profile.acknowledge,
    )
    if file.lane == Lane.LIVE:
        for part, verdict in judged:
            if verdict.state == State.RECEIVED:
                interchange_answers_take(partner=partner, part=part)
    _end(file, State.SPLIT, "", f"{len(documents)} documents", findings)


_Digests = dict[bytes, str]
"""The bytes of a document -> the digest under which they are kept."""


def _findings(part: Part) -> list[Finding]:
    return [*part.findings, *(finding for batch in part.batches for finding in batch.findings)]


def _keep(split: EdiFile) -> _Digests:
    contents = [piece.content for part in split.parts for piece in part.pieces]
    return dict(zip(contents, payloads_keep((each, MEDIA_TYPES[split.format]) for each in contents), strict=True))


@dataclass(frozen=True)
class _Verdict:
    """What becomes of the documents of one interchange."""

    state: str
    cause: str = ""
    detail: str = ""


def _lane(file: InboundMessage, part: Part) -> str:
    """Tests never leave the sandbox. Whether a kind of document is live yet is asked when it is worked on."""
    return Lane.SANDBOX if part.test or file.lane == Lane.SANDBOX else Lane.LIVE


def _judge(file: InboundMessage, partner: Partner, profile: Profile, part: Part, digests: _Digests) -> _Verdict:
    if not _is_from(profile, part, partner.format):
        return _Verdict(
            State.QUARANTINED, "wrong_sender",
            f"The file says it is from {':'.join(part.sender or ()).lstrip(':')}; this mailbox is {partner}'s.",
        )  # fmt: skip
    if profile.verdict(part.findings) == "quarantine":
        return _Verdict(State.QUARANTINED, "envelope", _worst(profile, part.findings))
    if profile.duplicates == "process" or not part.prefix or _lane(file, part) == Lane.SANDBOX:
        return _Verdict(State.RECEIVED)
    earlier = dict(
        InboundMessage.objects.filter(
            endpoint=file.endpoint_id,
            parent__isnull=False,
            control_number__startswith=part.prefix,
            lane=Lane.LIVE,
            sender=_other_sender(profile, part, partner.format),
        )
        .exclude(parent=file)
        .values_list("control_number", "payload_id")
    )
    if not earlier:
        return _Verdict(State.RECEIVED)
    if {piece.control: digests[piece.content] for piece in part.pieces} == earlier:
        state = State.QUARANTINED if profile.duplicates == "quarantine" else State.DUPLICATE
        return _Verdict(state, "same_control_number", f"Interchange {part.control} came before.")
    return _Verdict(
        State.QUARANTINED, "control_number_reused",
        f"Interchange {part.control} came before with other content; nothing of this one was used.",
    )  # fmt: skip


def _is_from(profile: Profile, part: Part, form: str) -> bool:
    """Whether the envelope names the partner as it was agreed for these documents. UBL has none: there the mailbox says who wrote."""
    if part.sender is None:
        return True
    everywhere = [profile, *map(profile.about, profile.documents)]
    kinds = {piece.kind for piece in part.pieces} - _ANSWERS
    agreed = [[profile.about(kind)] for kind in kinds] or [everywhere]
    return all(any(_is_theirs(part.sender, each, form) for each in may) for may in agreed)


def _other_sender(profile: Profile, part: Part, form: str) -> str:
    """Who the envelope names, where it is not the partner's usual id: whoever has an id of its own counts by itself."""
    if part.sender is None or _is_theirs(part.sender, profile, form):
        return ""
    return ":".join(part.sender)[:60]


def _is_theirs(sender: tuple[str, str], profile: Profile, form: str) -> bool:
    """Whether a qualifier and id of an envelope are the partner's; EDIFACT may leave the qualifier out."""
    qualifier, identifier = sender
    return identifier == profile.their_id and (
        qualifier == profile.their_qualifier or (form == Partner.Format.EDIFACT and not qualifier)
    )


def _worst(profile: Profile, findings: Sequence[Finding]) -> str:
    """The words of the first finding that quarantines."""
    return next((each.message for each in findings if profile.verdict([each]) == "quarantine"), "")


def _documents(
    file: InboundMessage, part: Part, verdict: _Verdict, profile: Profile, digests: _Digests, form: str
) -> list[InboundMessage]:
    made, sender = [], _other_sender(profile, part, form)
    for batch in part.batches:
        mine = verdict
        if verdict.state == State.RECEIVED and profile.verdict(batch.findings) == "quarantine":
            mine = _Verdict(State.QUARANTINED, "envelope", _worst(profile, batch.findings))
        made += [
            InboundMessage(
                endpoint_id=file.endpoint_id, parent=file, file_name=file.file_name, payload_id=digests[piece.content],
                kind=piece.kind[:20], control_number=piece.control, state=mine.state, cause=mine.cause,
                detail=mine.detail[:500], due_at=file.received_at, trace_id=file.trace_id, lane=_lane(file, part),
                group=batch.place, sender=sender,
            )
            for piece in batch.pieces
        ]  # fmt: skip
        # nobody waits for the answer to a file that a person put into the sandbox by hand
        timing = profile.about(batch.pieces[0].kind).acknowledge if batch.pieces else profile.acknowledge
        answered = timing == "on_receipt" and file.lane == Lane.LIVE
        if verdict.state == State.RECEIVED and batch.name and answered:
            _acknowledge(file, part, batch, sender)
    return made


def _acknowledge(file: InboundMessage, part: Part, batch: Batch, sender: str) -> None:
    numbers = ":".join(filter(None, (part.control[:15], batch.name[:4], batch.control[:15], sender[:35])))
    acknowledgement_queue(
        endpoint_id=file.endpoint_id, file_id=file.pk, position=batch.place, trace_id=file.trace_id,
        key=f"{'T' if part.test else ''}997:{numbers}",
    )  # fmt: skip


def acknowledge_after(document: InboundMessage, partner: Partner) -> None:
    """A document has been worked on: where its group waited for that and was the last one, the 997 goes back.

    What names an order that is not there yet holds it up for a while only: partners who miss a 997 send everything again.
    """
    profile = profile_of(partner)
    if document.parent_id is None or profile.about(document.kind).acknowledge != "after_processing":
        return
    with transaction.atomic():
        # one at a time, so that the last two of a group do not each take the other for unfinished
        file = (
            InboundMessage.objects.select_for_update(of=("self",)).select_related("payload").get(pk=document.parent_id)
        )
        late = timezone.now() - file.received_at > ACKNOWLEDGED_WITHIN
        open_states = [State.RECEIVED] if late else [State.RECEIVED, State.PARKED]
        if file.documents.filter(group=document.group, state__in=open_states).exists():
            return
        for part in edi_file_read(bytes(file.payload.content), profile).parts:
            for batch in part.batches:
                if batch.place == document.group and batch.name:
                    _acknowledge(file, part, batch, document.sender)


def _end(file: InboundMessage, state: str, cause: str, detail: str, findings: Sequence[Finding]) -> None:
    if file.lane == Lane.SANDBOX and state != State.SPLIT:
        state = State.SANDBOX
    file.state, file.cause, file.detail = state, cause, detail[:500]
    file.findings, file.attempt_count = findings_plain(findings), 0
    file.save()


def findings_plain(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as they are stored with the message."""
    return [asdict(finding) for finding in findings[:_MOST_FINDINGS]]
