"""One search over every identifier that any system uses, inside what the actor may see."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from core.actors import Actor
from masterdata.selectors import items_search, suppliers_search
from portal.links import link
from procurement.selectors.invoices import invoices_visible
from procurement.selectors.purchase_orders import orders_visible, receipts_visible
from procurement.selectors.requisitions import requisitions_visible

EACH = 6
"""Hits shown per kind: who sees six and not the right one types another character."""
OWN_NUMBER = re.compile(r"^(?:([A-Z]{2,4})[- ]?)?(?:(\d{4})-)?(\d{1,6})$")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing found. `kind` as events name it, `status` its state or empty, `facility` where it belongs or empty."""

    kind: str
    label: str
    number: str
    title: str
    href: str
    status: str = ""
    facility: str = ""


def search(actor: Actor, q: str) -> list[Hit]:
    """Everything with this number, name or code: at most EACH of a kind, documents first. One statement per kind."""
    q = " ".join(q.split())
    if len(q) < 2:
        return []
    return [*_requisitions(actor, q), *_orders(actor, q), *_receipts(actor, q), *_invoices(actor, q),
            *_items(actor, q), *_suppliers(actor, q)]  # fmt: skip


def _own(q: str, prefix: str) -> Q:
    """Our own number as people write it: whole, its beginning, or only its digits (`431`, `PO 431`, `PO-2026-431`)."""
    text = q.upper()
    condition = Q(number__startswith=text)
    found = OWN_NUMBER.match(text)
    if found and found[1] in (None, prefix):
        this_year = timezone.now().year
        years = [found[2]] if found[2] else [this_year, this_year - 1]
        condition |= Q(number__in=[f"{prefix}-{year}-{int(found[3]):06d}" for year in years])
    return condition


def _requisitions(actor: Actor, q: str) -> list[Hit]:
    rows = requisitions_visible(actor).filter(_own(q, "REQ")).order_by("-id")[:EACH]
    return [
        Hit(
            kind="requisition", label="Requisition", number=row.number, title=f"{row.requester.name} · {row.location.name}",
            href=link("requisition", row.number), status=row.status, facility=row.facility.name,
        )
        for row in rows
    ]  # fmt: skip


def _orders(actor: Actor, q: str) -> list[Hit]:
    theirs = Q(erp_number__startswith=q) | Q(supplier_order_number__startswith=q) | Q(ship_notices__shipment_number=q)
    rows = orders_visible(actor).filter(_own(q, "PO") | theirs).distinct().order_by("-id")[:EACH]
    return [
        Hit(
            kind="purchase_order", label="Order", number=row.number, href=link("order", row.number),
            title=" · ".join(filter(None, [row.supplier.name, row.erp_number, row.supplier_order_number])),
            status=row.status, facility=row.facility.name,
        )
        for row in rows
    ]  # fmt: skip


def _receipts(actor: Actor, q: str) -> list[Hit]:
    rows = receipts_visible(actor).filter(_own(q, "RCV") | Q(erp_number__startswith=q)).order_by("-id")[:EACH]
    return [
        Hit(
            kind="receipt", label="Receipt", number=row.number, title=f"{row.order.supplier.name} · {row.order.number}",
            href=link("receipt", row.number), status=row.status, facility=row.facility.name,
        )
        for row in rows
    ]  # fmt: skip


def _invoices(actor: Actor, q: str) -> list[Hit]:
    theirs = Q(supplier_number__in={q, q.upper()}) | Q(voucher_number__startswith=q)
    rows = invoices_visible(actor).filter(_own(q, "INV") | theirs).order_by("-id")[:EACH]
    return [
        Hit(
            kind="invoice", label="Invoice", number=row.number, href=link("invoice", row.number),
            title=f"{row.supplier.name} · their number {row.supplier_number}",
            status=row.status, facility=row.facility.name,
        )
        for row in rows
    ]  # fmt: skip


def _items(actor: Actor, q: str) -> list[Hit]:
    rows = items_search(actor, q=q).prefetch_related(None)[:EACH]
    return [
        Hit(
            kind="item", label="Item", number=row.number, title=row.description, status=row.status,
            href=link("item", row.number) or f"{link('catalog')}?q={row.number}",
        )
        for row in rows
    ]  # fmt: skip


def _suppliers(actor: Actor, q: str) -> list[Hit]:
    return [
        Hit(
            kind="supplier", label="Supplier", number=row.code, title=row.name, status=row.status,
            href=f"{link('orders')}?q={row.code}" if link("orders") else f"{link('invoices')}?q={row.code}",
        )
        for row in suppliers_search(actor, q=q)[:EACH]
    ]  # fmt: skip
