"""Sample files of a partner: read by hand in the sandbox, taken for the profile, tried against an order of ours. Nothing has an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from django.db.models import Value
from django.utils import timezone

from core.actors import Actor
from core.audit import acting
from core.errors import Invalid, NotFound
from core.tracing import new_trace_id
from integrations.canonical import (
    AnswerLine,
    Document,
    InvoiceDoc,
    InvoiceLine,
    ItemIdentity,
    OrderAnswer,
    ShipLine,
    ShipNotice,
    revised,
)
from integrations.edi_files import DOCUMENTS, MEDIA_TYPES, piece_read
from integrations.models import InboundMessage, Partner, PartnerDocument
from integrations.services.inbound_documents import document_told, document_try
from integrations.services.inbox import file_split
from integrations.services.onboarding import (
    documents_begin,
    format_change,
    partner_changed,
    partner_get,
    partner_lock,
    partners_may_change,
    profile_write,
)
from integrations.services.payloads import payload_keep
from integrations.services.profiles import OURS, profile_of
from integrations.services.proposals import Proposal, documents_taken, proposals_for, proposals_taken
from integrations.services.trials import Told
from masterdata.models import Item, ItemPackaging, SupplierItem
from procurement.models import PurchaseOrder, PurchaseOrderLine

MOST_TRIED: Final = 50
"""Documents of one sample file that are tried."""
MOST_BYTES: Final = 1_000_000
MOST_ORDERS: Final = 20
"""Orders to choose from."""


def sample_read(*, actor: Actor, code: str, name: str, content: bytes) -> InboundMessage:
    """Put a sample file into the sandbox by hand: it is split, judged and tried like any other, and has no effect.

    Returns the file; its documents hang under it. Raises NotFound, NotAllowed, Invalid.
    """
    if not content.strip():
        raise Invalid("The file is empty.", code="sample_empty")
    if len(content) > MOST_BYTES:
        raise Invalid(f"A sample has at most {MOST_BYTES // 1_000_000} MB.", code="sample_long")
    with acting(actor=actor, reason="sample read"):
        partners_may_change(actor)
        partner = partner_get(code)
        file = InboundMessage.objects.create(
            endpoint_id=partner.endpoint_id, file_name=name[:200], due_at=timezone.now(), trace_id=new_trace_id(),
            lane=InboundMessage.Lane.SANDBOX, payload=payload_keep(content, MEDIA_TYPES[partner.format]),
        )  # fmt: skip
        file_split(file=file, partner=partner)
        documents = file.documents.select_related("payload").order_by("position")
        told = Told("ours", "It tells who they are and how they want it. Compare it with a test order of ours.")
        documents.filter(kind__in=OURS).update(
            state=InboundMessage.State.SANDBOX, cause="", detail="", trial=told.plain()
        )
        for document in documents.filter(state=InboundMessage.State.RECEIVED)[:MOST_TRIED]:
            document_try(document, partner)
        # what was set aside by its envelope, and what is beyond the limit, is no work for anybody
        documents.exclude(state=InboundMessage.State.SANDBOX).update(state=InboundMessage.State.SANDBOX, key=None)
        partner_changed(actor, partner, "sample", name[:200])
        return file


def sample_proposals(*, partner: Partner, content: bytes) -> list[Proposal]:
    """What a sample tells about how the partner writes, beside what is agreed already."""
    nothing = Value("")
    ours = Item.objects.order_by().values_list("base_unit", nothing)
    packs = ItemPackaging.objects.order_by().values_list("unit", nothing)
    offers = (
        SupplierItem.objects.filter(supplier=partner.supplier_id).order_by().values_list("order_unit", "supplier_part")
    )
    known = list(ours.union(packs, offers))
    begun = {row.document for row in partner.documents.all() if row.stage != PartnerDocument.Stage.OFF}
    return proposals_for(
        content, profile_of(partner), partner.format,
        units={unit for unit, _ in known}, ordered={part: unit for unit, part in known if part},
        off=set(PartnerDocument.Document.values) - begun,
    )  # fmt: skip


def sample_take_over(
    *, actor: Actor, code: str, file_id: int, chosen: Mapping[str, str] | None = None
) -> InboundMessage:
    """Take over what a sample proposes (`chosen`: the name of a proposal -> another choice), and read it again.

    Raises NotFound, NotAllowed, Conflict, Invalid where the file tells nothing or it cannot be used.
    """
    with acting(actor=actor, reason="profile taken from a sample"):
        partner = partner_lock(actor, code)
        file = _file(partner, file_id)
        content = bytes(file.payload.content)
        proposals = sample_proposals(partner=partner, content=content)
        form, profile = proposals_taken(content, profile_of(partner), partner.format, proposals, chosen or {})
        format_change(partner, form)
        documents_begin(partner, documents_taken(proposals, chosen or {}))
        profile_write(partner, profile)
        partner_changed(actor, partner, "profile", f"from {file.file_name}")
        return sample_read(actor=actor, code=code, name=file.file_name, content=content)


def _file(partner: Partner, file_id: int) -> InboundMessage:
    file = InboundMessage.objects.filter(endpoint=partner.endpoint_id, parent=None, pk=file_id).first()
    if file is None:
        raise NotFound("There is no such file.")
    return file


def about_an_order(kind: str) -> bool:
    """Whether documents of a type name an order of ours."""
    return DOCUMENTS.get(kind) in (
        PartnerDocument.Document.ORDER_ANSWER,
        PartnerDocument.Document.SHIP_NOTICE,
        PartnerDocument.Document.INVOICE,
    )


def orders_to_try(partner: Partner) -> list[str]:
    """The newest orders with the supplier that a document could be about."""
    found = PurchaseOrder.objects.filter(supplier=partner.supplier_id).exclude(
        status__in=(PurchaseOrder.Status.DRAFT, PurchaseOrder.Status.CANCELLED)
    )
    return list(found.order_by("-pk").values_list("number", flat=True)[:MOST_ORDERS])


def sample_try_against(*, actor: Actor, code: str, file_id: int, order_number: str) -> InboundMessage:
    """Try the documents of a sample as if they named an order of ours: the real rules run and are taken back.

    A line that the order does not have is taken for the line at its place. What would have happened is kept with the document as
    `trial["against"]`. Raises NotFound, NotAllowed, Invalid where nothing in the file is about an order.
    """
    with acting(actor=actor, reason="sample tried against an order"):
        partners_may_change(actor)
        partner = partner_get(code)
        file = _file(partner, file_id)
        order = PurchaseOrder.objects.filter(number=order_number.strip(), supplier=partner.supplier_id).first()
        if order is None:
            raise NotFound(f"We have no order {order_number.strip()[:40]} with {partner.supplier.name}.")
        lines = list(order.lines.order_by("line_number"))
        found = [row for row in file.documents.select_related("payload") if about_an_order(row.kind)][:MOST_TRIED]
        tried = [row for row in found if _tried_against(row, partner, order.number, lines)]
        if not tried:
            raise Invalid("Nothing in this file can be read as being about an order.", code="sample_of_no_order")
        partner_changed(actor, partner, "sample", f"{file.file_name[:150]} tried against {order.number}")
        return file


def _tried_against(row: InboundMessage, partner: Partner, number: str, lines: Sequence[PurchaseOrderLine]) -> bool:
    said = piece_read(bytes(row.payload.content), profile_of(partner))
    if said.document is None or (directed := _directed(said.document, number, lines)) is None:
        return False
    before = row.trial or {}
    told = document_told(row, partner, replace(said, document=directed))
    trial = {**before, "against": {"order": number, **told.plain()}}
    InboundMessage.objects.filter(pk=row.pk).update(trial=trial)
    return True


def _directed(document: Document, number: str, lines: Sequence[PurchaseOrderLine]) -> Document | None:
    """The document as if it named this order; None for one that names none."""
    if isinstance(document, OrderAnswer):
        return revised(document, order_number=number, lines=_placed(document.lines, lines))
    if isinstance(document, ShipNotice):
        shipped = (revised(each, order_number=number) for each in _placed(document.lines, lines))
        return revised(document, lines=tuple(shipped), orders=(number,))
    if isinstance(document, InvoiceDoc):
        return revised(document, order_number=number, lines=_placed(document.lines, lines))
    return None


_Told = TypeVar("_Told", AnswerLine, ShipLine, InvoiceLine)


def _placed(told: Sequence[_Told], lines: Sequence[PurchaseOrderLine]) -> tuple[_Told, ...]:
    """What is said of lines, each at a line of the order."""
    found = [_line(each.line_number, each.identity, place, lines) for place, each in enumerate(told)]
    return tuple(
        revised(each, line_number=number, identity=identity)
        for each, (number, identity) in zip(told, found, strict=True)
    )


def _line(
    number: int | None, identity: ItemIdentity, place: int, lines: Sequence[PurchaseOrderLine]
) -> tuple[int | None, ItemIdentity]:
    """Which line of the order is meant: the one it names by number or item, else the one at its place."""
    known = any(
        line.line_number == number or (line.supplier_part and line.supplier_part == identity.supplier_part)
        for line in lines
    )
    if known or place >= len(lines):
        return number, identity
    return lines[place].line_number, revised(identity, supplier_part=lines[place].supplier_part)
