"""The cart and the acts on any requisition of one's own that may still change. The cart is simply a draft requisition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.errors import DomainError, Finding, Invalid, NotAllowed, NotFound
from masterdata.models import Facility, ItemSubstitute, Role
from masterdata.rules.offers import ItemFacts
from masterdata.selectors import cost_centers_visible, item_facts, locations_visible, substitutes_of
from portal.links import link
from portal.web.editor import editor
from portal.web.page import Typed, actor_of, go, is_fragment, toasted, typed_day, typed_id, typed_number
from portal.web.parts import Crumb
from portal.web.preferences import facility_chosen, own_facilities
from procurement.models import Requisition
from procurement.selectors.requisitions import cart_of, requisition_get, usual_place
from procurement.services.requisitions import (
    LineInput,
    requisition_add_line,
    requisition_cancel,
    requisition_change_header,
    requisition_change_line,
    requisition_check,
    requisition_create,
    requisition_submit,
)


def cart_facility(request: HttpRequest) -> Facility:
    """Where the cart buys for: the chosen facility, else the first where the person may ask. Raises NotAllowed."""
    actor, chosen = actor_of(request), facility_chosen(request)
    mine = [row for row in own_facilities(request) if actor.has(Role.REQUESTER, row.pk)]
    if not mine:
        raise NotAllowed("You may not request supplies: that takes the role requester.", code="role_missing")
    return next((row for row in mine if row.pk == chosen), mine[0])


def facts_of(requisition: Requisition | None, *more: int) -> dict[int, ItemFacts]:
    """Packs and offers of everything on a requisition (and of more items), as of today."""
    if requisition is None:
        return {}
    ids = [line.item_id for line in requisition.lines.all() if line.item_id]
    return item_facts([*ids, *more], facility_id=requisition.facility_id)


@login_required
def cart(request: HttpRequest) -> HttpResponse:
    found = cart_of(actor_of(request), cart_facility(request))
    return _page(request, found)


def _page(
    request: HttpRequest, requisition: Requisition | None, *, findings: list[Finding] | None = None, message: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The whole page of an editable requisition: the cart, or one that came back."""
    context = {
        **editor(
            requisition,
            facts_of(requisition),
            findings=findings or [],
            message=message,
            substitutes=_stand_ins(requisition, findings or []),
        ),
        **header_choices(request, requisition),
        # what could not be taken stays in its fields
        "extra": request.POST if findings and request.POST.get("description") is not None else {},
        "facility": requisition.facility if requisition else cart_facility(request),
        "crumbs": [Crumb(label="Catalog", href=link("catalog")), Crumb(label="Cart")],
    }
    return render(request, "requests/cart.html", context, status=status)


def _stand_ins(requisition: Requisition | None, findings: Sequence[Finding]) -> dict[int, list[ItemSubstitute]]:
    """What may stand in for the lines' items, asked for only where a finding says that one cannot be ordered."""
    if requisition is None or not any(finding.code == "item_inactive" for finding in findings):
        return {}
    return substitutes_of(line.item_id for line in requisition.lines.all() if line.item_id)


def header_choices(request: HttpRequest, requisition: Requisition | None) -> dict[str, Any]:
    """What the head of an editable requisition may choose from."""
    if requisition is None:
        return {}
    actor, here = actor_of(request), requisition.facility_id
    return {
        "locations": [(row.pk, row.name) for row in locations_visible(actor) if row.facility_id == here],
        "cost_centers": [(row.pk, str(row)) for row in cost_centers_visible(actor) if row.facility_id == here],
    }


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    """Put an item into the cart, which is begun when there is none."""
    facility = cart_facility(request)

    def act() -> str:
        data = request.POST
        line = LineInput(
            item_id=typed_id(data.get("item", "")),
            quantity=typed_number(data.get("quantity", ""), field="quantity"),
            unit=data.get("unit", "")[:3].upper(),
            supplier_id=typed_id(data.get("supplier", "")),
        )
        if line.item_id is None:
            raise NotFound("This item is not in the catalog any more.")
        return _put(request, facility, line)

    # the cart beside the catalog shows it; only a whole page needs a note
    return _do(request, "", act, "" if is_fragment(request) else "Added to the cart.")


@require_POST
@login_required
def add_extra(request: HttpRequest) -> HttpResponse:
    """Put something that is not in the catalog on the cart, or on the requisition named."""
    facility, number = cart_facility(request), request.POST.get("requisition", "")

    def act() -> str:
        data = request.POST
        typed = Typed()
        if not data.get("description", "").strip():
            message = "Say what it is, who makes it and its part number."
            typed.findings.append(Finding(code="description_missing", field="description", message=message))
        quantity = typed.number(data.get("quantity", ""), field="quantity")
        price = typed.number(data.get("price", "").strip() or "0", field="price", label="The price")
        typed.check()
        line = LineInput(
            description=data["description"].strip()[:200],
            quantity=quantity,
            unit=(data.get("unit", "").strip() or "EA")[:3].upper(),
            suggested_supplier=data.get("suggested_supplier", "").strip()[:120],
            estimated_price=price,
        )
        if number:
            requisition_add_line(actor=actor_of(request), number=number, line=line)
            return number
        return _put(request, facility, line)

    return _do(request, number, act, "The line was added.")


def _put(request: HttpRequest, facility: Facility, line: LineInput) -> str:
    actor = actor_of(request)
    found = cart_of(actor, facility)
    if found is None:
        location, cost_center = usual_place(actor, facility)
        return requisition_create(
            actor=actor, facility=facility, location=location, cost_center=cost_center, lines=[line], is_cart=True
        ).number
    requisition_add_line(actor=actor, number=found.number, line=line)
    return found.number


@require_POST
@login_required
def change_line(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Change quantity, unit, supplier, reason or confirmation of a line; a quantity of zero removes it."""

    def act() -> str:
        data = request.POST
        if data.get("substitute"):
            return _swap(actor_of(request), number, line_id, typed_id(data["substitute"]))
        quantity = data.get("quantity")
        requisition_change_line(
            actor=actor_of(request), number=number, line_id=line_id,
            quantity=None if quantity is None else typed_number(quantity, field=f"lines.{data.get('at', '')}.quantity"),
            unit=data.get("unit", "")[:3] or None,
            supplier_id=typed_id(data.get("supplier", "")),
            off_contract_reason=data["reason"].strip()[:200] if data.get("reason", "").strip() else None,
            confirmed=True if data.get("confirmed") else None,
        )  # fmt: skip
        return number

    return _do(request, number, act)


def _swap(actor: Actor, number: str, line_id: int, item_id: int | None) -> str:
    """Put a substitute in the place of a line: as much of it as replaces what was asked for, in whole packs of its source."""
    requisition = requisition_get(actor, number)
    line = next((each for each in requisition.lines.all() if each.pk == line_id), None)
    found = substitutes_of([line.item_id]).get(line.item_id, []) if line and line.item_id else []
    substitute = next((each for each in found if each.substitute_id == item_id), None)
    if line is None or substitute is None:
        raise NotFound("This item may not stand in for that line (any more).")
    facts = facts_of(requisition, substitute.substitute_id)[substitute.substitute_id]
    base = line.base_quantity * substitute.ratio
    offer = facts.best_offer(base)
    unit = offer.unit if offer else facts.base_unit
    quantity = (base / facts.multiplier(unit)).to_integral_value(ROUND_CEILING)
    with transaction.atomic():
        requisition_add_line(
            actor=actor, number=number, line=LineInput(item_id=substitute.substitute_id, quantity=quantity, unit=unit)
        )
        requisition_change_line(actor=actor, number=number, line_id=line_id, quantity=Decimal(0))
    return number


@require_POST
@login_required
def change_header(request: HttpRequest, number: str) -> HttpResponse:
    """Change where, for whom and when."""

    def act() -> str:
        _take_header(request, number)
        return number

    return _do(request, number, act, "Saved.")


def _take_header(request: HttpRequest, number: str) -> None:
    actor, data = actor_of(request), request.POST
    location = locations_visible(actor).filter(pk=typed_id(data.get("location", "")) or 0).first()
    cost_center = cost_centers_visible(actor).filter(pk=typed_id(data.get("cost_center", "")) or 0).first()
    if location is None or cost_center is None:
        raise NotFound("This place or cost center is not one of yours.")
    requisition_change_header(
        actor=actor, number=number, location=location, cost_center=cost_center, urgent=bool(data.get("urgent")),
        needed_by=typed_day(data.get("needed_by", ""), field="needed_by"), note=data.get("note", "").strip()[:500],
    )  # fmt: skip


@require_POST
@login_required
def submit(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for approval, or show everything that is in the way, on its line. What stands beside the lines is kept first."""
    try:
        if "location" in request.POST:
            _take_header(request, number)
        requisition_submit(actor=actor_of(request), number=number, confirm=bool(request.POST.get("confirm")))
    except Invalid as error:
        return _answer(request, number, error=error)
    messages.success(request, f"{number} was submitted.")
    return go(request, link("requisition", number))


@require_POST
@login_required
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    requisition_cancel(actor=actor_of(request), number=number, reason=request.POST.get("reason", "").strip()[:200])
    messages.success(request, f"{number} was withdrawn.")
    return go(request, link("requisition", number))


def _do(request: HttpRequest, number: str, act: Callable[[], str], done: str = "") -> HttpResponse:
    """Do one act; answer with the changed editor (or the page one came from), or with what is in the way."""
    try:
        number = act()
    except NotFound:
        raise
    except DomainError as error:
        return _answer(request, number, error=error)
    return _answer(request, number, done=done)


def _answer(request: HttpRequest, number: str, *, error: DomainError | None = None, done: str = "") -> HttpResponse:
    actor = actor_of(request)
    if error is None and not is_fragment(request):
        if done:
            messages.success(request, done)
        target = request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
        return go(request, target if safe else link("cart"))
    requisition = requisition_get(actor, number) if number else cart_of(actor, cart_facility(request))
    findings = list(error.findings) if error else []
    if error is None and request.POST.get("check") and requisition:
        findings = requisition_check(actor=actor, number=requisition.number)
    message = error.message if error else ""
    if not is_fragment(request):
        return _page(request, requisition, findings=findings, message=message, status=422)
    context = editor(
        requisition,
        facts_of(requisition),
        substitutes=_stand_ins(requisition, findings),
        findings=findings,
        message=message,
        compact=bool(request.POST.get("compact")),
    )
    return toasted(render(request, "requests/cart.html#answer", context), done)
