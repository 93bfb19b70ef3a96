"""What the demo's ERP says about masters and budgets: what the portal has, but for a few records that nobody put right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from masterdata.models import CostCenter, Item, ItemPackaging, Supplier
from procurement.models import BudgetFigure

_OLD_WORDS: Final = 9
"""So many items are called otherwise there."""


def masters() -> dict[str, list[dict[str, Any]]]:
    """Records by their ERP path. The ids are the ERP's own."""
    return {"items": list(_items()), "suppliers": list(_suppliers()), "cost-centers": list(_cost_centers())}


def budgets() -> list[dict[str, str]]:
    """The figures that ours were taken from; the ERP adds the orders and bills it has itself."""
    figures = BudgetFigure.objects.select_related("cost_center__facility").order_by("cost_center__code", "period")
    return [
        {
            "cost_center": figure.cost_center.code, "period": figure.period, "currency": figure.cost_center.facility.currency,
            "budget": str(figure.amount), "committed": "0", "actual": str(figure.actual),
        }
        for figure in figures
    ]  # fmt: skip


def _items() -> Iterator[dict[str, Any]]:
    gtins = dict(ItemPackaging.objects.exclude(gtin="").order_by("-multiplier").values_list("item_id", "gtin"))
    rows = list(Item.objects.filter(status="active").order_by("number"))
    otherwise = rows[7 :: max(1, len(rows) // _OLD_WORDS)][:_OLD_WORDS]
    for n, item in enumerate(rows):
        yield {
            "id": f"M{100_000 + n}", "number": item.number, "base_unit": item.base_unit, "manufacturer": item.manufacturer,
            "manufacturer_part": item.manufacturer_part, "unspsc": item.unspsc,
            "description": item.description.upper()[:40] if item in otherwise[1:] else item.description,
            "status": "on_hold" if item in otherwise[:2] else item.status,
        }  # fmt: skip
    again = otherwise[-1]
    yield {
        "id": "M199001", "number": f"{again.number}-A", "description": again.description, "base_unit": again.base_unit,
        "manufacturer": again.manufacturer, "manufacturer_part": again.manufacturer_part, "gtin": gtins.get(again.pk, ""),
        "status": "active",
    }  # fmt: skip
    yield {
        "id": "M199002", "number": "IT-99002", "description": "Warming blanket, upper body, disposable", "base_unit": "EA",
        "manufacturer": "Thermaline", "manufacturer_part": "TL-520", "status": "active",
    }  # fmt: skip


def _suppliers() -> Iterator[dict[str, Any]]:
    for n, supplier in enumerate(Supplier.objects.order_by("code")):
        yield {
            "id": f"V{2000 + n}", "number": supplier.code, "currency": supplier.currency, "status": supplier.status, "gln": supplier.gln,
            "name": f"{supplier.name} Inc." if n == 4 else supplier.name,
            "payment_terms": str(supplier.payment_terms_days + (15 if n in (2, 9) else 0)),
        }  # fmt: skip


def _cost_centers() -> Iterator[dict[str, Any]]:
    for n, center in enumerate(CostCenter.objects.order_by("code")):
        yield {
            "id": f"C{500 + n}", "number": center.code, "name": center.name, "gl_account": center.gl_account,
            "status": "active" if center.is_active else "inactive",
        }  # fmt: skip
