"""What partners tell us for information: prices and stock, held against our own records. Nothing here changes anything.

Prices are what contracts and offers say, and people make those; a catalog that differs is something to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import F, Sum
from django.utils import timezone

from integrations.canonical import CatalogLine, InventorySnapshot, ItemIdentity, PriceCatalog, StockLine
from integrations.models import Partner
from integrations.services.trials import MOST_LINES, Told, ToldLine
from masterdata.models import Contract, ContractLine, SupplierItem
from procurement.models import PurchaseOrder, PurchaseOrderLine

Known = Mapping[str, SupplierItem]
"""Their item number -> what they sell us under it."""


def catalog_compared(document: PriceCatalog, partner: Partner) -> Told:
    """Each price of theirs beside the one that counts for us: the contract's, else the offer's."""
    known = _known(partner, (line.identity for line in document.lines))
    agreed = _agreed(partner, known.values())
    judged = [_price(line, known.get(line.identity.supplier_part), agreed) for line in document.lines]
    same, other = (sum(verdict == wanted for verdict, _ in judged) for wanted in ("same", "other"))
    foreign = len(judged) - same - other
    words = (
        f"{_count(len(judged), 'price')}: {same} as we have them, {other} different, {foreign} of what we do not buy from them. "
        "Contracts and offers stay as they are until somebody changes them."
    )
    # what differs is what somebody wants to see
    first = sorted(judged, key=lambda pair: ("other", "same", "foreign").index(pair[0]))
    lines = tuple(line for _, line in first[:MOST_LINES])
    return Told("applied", words, "", "", document.number, lines, len(judged))


def _price(line: CatalogLine, offer: SupplierItem | None, agreed: Mapping[int, ContractLine]) -> tuple[str, ToldLine]:
    name = line.description or line.identity.supplier_part
    said = f"{line.unit_price.normalize():,f} per {line.unit}"
    if line.action == "delete":
        return ("other" if offer else "foreign"), ToldLine("", name, "", "they do not sell it any more")
    if offer is None:
        return "foreign", ToldLine("", name, said, "an item that we do not buy from them")
    row = agreed.get(offer.item_id)
    price, unit, where = (
        (row.price, row.unit, f"contract {row.contract.number}")
        if row
        else (offer.price, offer.order_unit, "their offer")
    )
    if unit == line.unit and price == line.unit_price:
        return "same", ToldLine("", offer.item.description, said, f"as in {where}")
    return "other", ToldLine("", offer.item.description, said, f"we have {price.normalize():,f} per {unit} ({where})")


def _agreed(partner: Partner, offers: Iterable[SupplierItem]) -> dict[int, ContractLine]:
    """The lines of the supplier's contracts in force, by item."""
    today = timezone.now().date()
    found = ContractLine.objects.filter(
        item__in={offer.item_id for offer in offers}, contract__supplier=partner.supplier_id,
        contract__status=Contract.Status.ACTIVE, contract__valid_from__lte=today, contract__valid_to__gte=today,
    )  # fmt: skip
    return {line.item_id: line for line in found.select_related("contract").order_by("-price")}


def stock_compared(document: InventorySnapshot, partner: Partner) -> Told:
    """What they hold of what we buy, and what we wait for."""
    known = _known(partner, (line.identity for line in document.lines))
    waiting = _waiting(partner, known)
    lines = [_stock(line, known.get(line.identity.supplier_part), waiting) for line in document.lines]
    foreign = sum(line.identity.supplier_part not in known for line in document.lines)
    short = sum(bool(line.line) for line in lines)
    words = f"{_count(len(lines), 'line')} of stock, {foreign} of what we do not buy from them."
    if short:
        words += f" {_count(short, 'item')} we wait for they do not have."
    first = sorted(lines, key=lambda line: not line.line)
    return Told("applied", words, "", "", document.number, tuple(first[:MOST_LINES]), len(lines))


def _stock(line: StockLine, offer: SupplierItem | None, waiting: Mapping[str, tuple[str, Decimal]]) -> ToldLine:
    amount = f"{line.quantity.normalize():,f} {line.unit}"
    if offer is None:
        return ToldLine(
            "", line.description or line.identity.supplier_part, amount, "an item that we do not buy from them"
        )
    order, quantity = waiting.get(offer.supplier_part, ("", Decimal(0)))
    state = line.state.replace("_", " ")
    if not order:
        return ToldLine("", offer.item.description, amount, state)
    words = f"{state}; {quantity.normalize():,f} {offer.order_unit} on order, {order} the oldest"
    # nothing there of what we wait for: the line stands first and names the order
    return ToldLine(
        order if not line.quantity and line.state in ("on_hand", "available") else "",
        offer.item.description,
        amount,
        words,
    )


def _waiting(partner: Partner, known: Known) -> dict[str, tuple[str, Decimal]]:
    """What has not come yet of open orders, in order units: the oldest order and the quantity, by their item number."""
    found: dict[str, tuple[str, Decimal]] = {}
    rows = (
        PurchaseOrderLine.objects.filter(
            order__supplier=partner.supplier_id,
            order__status__in=PurchaseOrder.RECEIVABLE,
            cancelled=False,
            supplier_part__in=known,
        )
        .annotate(left=Sum(F("quantity") - F("received_base") / F("multiplier")))
        .filter(left__gt=0)
        .order_by("order__pk")
        .values_list("supplier_part", "order__number", "left")
    )
    for part, number, left in rows:
        first, before = found.get(part, (number, Decimal(0)))
        found[part] = first, (before + left).quantize(Decimal("0.0001"))
    return found


def _known(partner: Partner, identities: Iterable[ItemIdentity]) -> dict[str, SupplierItem]:
    parts = {identity.supplier_part for identity in identities} - {""}
    found = SupplierItem.objects.filter(supplier=partner.supplier_id, supplier_part__in=parts)
    return {row.supplier_part: row for row in found.select_related("item")}


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
