"""Process layer: acts. Each calls one service; the same services serve the screens."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Finding, Invalid
from masterdata.models import CostCenter, Facility, Item, Location, Supplier
from masterdata.selectors import facilities_visible
from portal.api.idempotency import idempotent
from portal.api.v1 import documents as out
from portal.api.views import ActorView, ListView
from procurement.models import ApprovalStep, ExceptionCase, Requisition
from procurement.rules.receipt_check import ReceivedLine
from procurement.selectors.invoices import cases_open, cases_visible, invoice_get
from procurement.selectors.purchase_orders import receipt_get
from procurement.selectors.requisitions import approvals_waiting, requisition_get
from procurement.services.approvals import approval_decide
from procurement.services.exceptions import exception_resolve
from procurement.services.invoices import BilledLineInput, InvoiceInput, invoice_match, invoice_register
from procurement.services.receipts import receipt_post
from procurement.services.requisitions import LineInput, requisition_create, requisition_submit


class ProcessView(ActorView):
    required_scope = "process:write"


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class RequisitionLineIn(serializers.Serializer[Any]):
    item = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="Item number; empty: not in the catalog"
    )
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    quantity = serializers.DecimalField(14, 4, min_value=0)
    unit = serializers.CharField(max_length=3)
    supplier = serializers.CharField(required=False, allow_blank=True, default="")
    suggested_supplier = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    estimated_price = serializers.DecimalField(14, 4, min_value=0, required=False, default=Decimal(0))
    off_contract_reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class RequisitionIn(serializers.Serializer[Any]):
    facility = serializers.CharField()
    location = serializers.CharField()
    cost_center = serializers.CharField()
    urgent = serializers.BooleanField(required=False, default=False)
    needed_by = serializers.DateField(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    lines = RequisitionLineIn(many=True)


class Requisitions(ProcessView):
    @extend_schema(request=RequisitionIn, responses={201: out.RequisitionOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = _valid(RequisitionIn(data=request.data))
        facility = facilities_visible(self.actor).filter(code=data["facility"]).first()
        place = Location.objects.filter(facility=facility, code=data["location"], is_active=True).first()
        cost_center = CostCenter.objects.filter(facility=facility, code=data["cost_center"]).first()
        lines, findings = _lines(data["lines"])
        if facility is None or place is None or cost_center is None or findings:
            unknown = _unknown_place(data, facility, place, cost_center)
            message = "The place is not known." if unknown else "Some lines cannot be taken."
            raise Invalid(message, findings=[*unknown, *findings])
        try:
            row = requisition_create(
                actor=self.actor,
                facility=facility,
                location=place,
                cost_center=cost_center,
                lines=lines,
                urgent=data["urgent"],
                needed_by=data["needed_by"],
                note=data["note"],
            )
        except Invalid as error:
            raise Invalid(error.message, code=error.code, findings=[_in_body(f) for f in error.findings]) from error
        body = out.RequisitionOut(requisition_get(self.actor, row.number)).data
        return Response(body, status=status.HTTP_201_CREATED)


def _unknown_place(
    data: dict[str, Any], facility: Facility | None, place: Location | None, cost_center: CostCenter | None
) -> list[Finding]:
    checks = (("facility", facility), ("location", place), ("cost_center", cost_center))
    return [
        Finding(
            code=f"{name}_unknown", field=name, message=f"There is no {name.replace('_', ' ')} {data[name]} for you."
        )
        for name, found in checks
        if found is None and (name == "facility" or facility is not None)
    ]


def _in_body(finding: Finding) -> Finding:
    """A finding at the line as the caller sent it: the service numbers lines from 1, a JSON list counts from 0."""
    path = finding.field.split(".")
    if path[0] != "lines" or not path[1:] or not path[1].isdigit():
        return finding
    return replace(finding, field=".".join(["lines", str(int(path[1]) - 1), *path[2:]]))


def _lines(lines: list[dict[str, Any]]) -> tuple[list[LineInput], list[Finding]]:
    """Lines with their items and suppliers looked up, two statements, and every unknown code."""
    items = dict(Item.objects.filter(number__in={li["item"] for li in lines if li["item"]}).values_list("number", "pk"))
    codes = {li["supplier"] for li in lines if li["supplier"]}
    suppliers = dict(Supplier.objects.filter(code__in=codes).values_list("code", "pk")) if codes else {}
    findings = [
        Finding(code=f"{name}_unknown", field=f"lines.{n}.{name}", message=f"There is no {name} {line[name]}.")
        for n, line in enumerate(lines)
        for name, known in (("item", items), ("supplier", suppliers))
        if line[name] and line[name] not in known
    ]
    inputs = [
        LineInput(
            item_id=items.get(line["item"]),
            supplier_id=suppliers.get(line["supplier"]),
            **{
                name: line[name]
                for name in (
                    "description",
                    "quantity",
                    "unit",
                    "suggested_supplier",
                    "estimated_price",
                    "off_contract_reason",
                )
            },
        )
        for line in lines
    ]
    return inputs, findings


class RequisitionDetail(ActorView):
    required_scope = "system:read"

    @extend_schema(responses=out.RequisitionOut)
    def get(self, request: Request, number: str) -> Response:
        return Response(out.RequisitionOut(requisition_get(self.actor, number)).data)


class SubmitIn(serializers.Serializer[Any]):
    confirm = serializers.BooleanField(
        required=False, default=False, help_text="Answers findings that only want a confirmation"
    )


class SubmittedOut(serializers.ModelSerializer[Requisition]):
    class Meta:
        model = Requisition
        fields = ["number", "status", "currency", "total", "content_hash", "budget_check", "submitted_at", "trace_id"]


class RequisitionSubmit(ProcessView):
    @extend_schema(request=SubmitIn, responses=SubmittedOut)
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        data = _valid(SubmitIn(data=request.data or {}))
        row = requisition_submit(actor=self.actor, number=number, confirm=data["confirm"])
        return Response(SubmittedOut(row).data)


class Approvals(ListView):
    """Pending steps that wait for this caller."""

    required_scope = "experience:read"
    serializer_class = out.ApprovalOut
    filters = {"requisition": "requisition__number", "facility": "facility__code"}

    def found(self, request: Request) -> QuerySet[Any]:
        return approvals_waiting(self.actor).select_related("decided_by", "on_behalf_of")


class LoweredLineIn(serializers.Serializer[Any]):
    line_number = serializers.IntegerField()
    quantity = serializers.DecimalField(14, 4, min_value=0)


class DecisionIn(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(["approve", "return", "reject"])
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    content_hash = serializers.CharField(required=False, allow_blank=True, default="", help_text="What was looked at")
    lines = LoweredLineIn(
        many=True, required=False, default=list, help_text="Lines to lower; quantity 0 rejects the line"
    )


class DecidedOut(serializers.ModelSerializer[ApprovalStep]):
    requisition = serializers.CharField(source="requisition.number")
    requisition_status = serializers.CharField(source="requisition.status")

    class Meta:
        model = ApprovalStep
        fields = ["id", "requisition", "requisition_status", "state", "comment", "decided_at"]


class ApprovalDecide(ProcessView):
    @extend_schema(request=DecisionIn, responses=DecidedOut)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        data = _valid(DecisionIn(data=request.data))
        step = approval_decide(
            actor=self.actor,
            step_id=pk,
            decision=data["decision"],
            comment=data["comment"],
            seen_hash=data["content_hash"],
            line_quantities={li["line_number"]: li["quantity"] for li in data["lines"]},
        )
        return Response(DecidedOut(step).data)


class ReceivedLineIn(serializers.Serializer[Any]):
    line_number = serializers.IntegerField(min_value=1, help_text="The order's line number")
    quantity = serializers.DecimalField(14, 4, min_value=0)
    unit = serializers.CharField(required=False, allow_blank=True, default="", max_length=3)
    rejected = serializers.DecimalField(14, 4, min_value=0, required=False, default=Decimal(0))
    problem = serializers.ChoiceField(
        ["", "damaged", "wrong_item", "expired", "refused"], required=False, allow_blank=True, default=""
    )
    lot = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    expiry = serializers.DateField(required=False, allow_null=True, default=None)
    serial = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)


class ReceiptIn(serializers.Serializer[Any]):
    order = serializers.CharField()
    location = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="Empty: where the order goes to"
    )
    lines = ReceivedLineIn(many=True)


class PostedOut(serializers.Serializer[Any]):
    number = serializers.CharField()
    order = serializers.CharField(source="order.number")
    order_status = serializers.CharField(source="order.status")
    received_on = serializers.DateField()
    trace_id = serializers.CharField()


class Receipts(ProcessView):
    @extend_schema(request=ReceiptIn, responses={201: PostedOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = _valid(ReceiptIn(data=request.data))
        key = request.headers.get("Idempotency-Key") or uuid.uuid4().hex
        receipt = receipt_post(
            actor=self.actor,
            order_number=data["order"],
            lines=[ReceivedLine(**line) for line in data["lines"]],
            key=f"api:{self.actor.user_id}:{key}"[:100],
            location_code=data["location"],
        )
        return Response(PostedOut(receipt).data, status=status.HTTP_201_CREATED)


class ReceiptDetail(ActorView):
    required_scope = "system:read"

    @extend_schema(responses=out.ReceiptDetailOut)
    def get(self, request: Request, number: str) -> Response:
        return Response(out.ReceiptDetailOut(receipt_get(self.actor, number)).data)


class BilledLineIn(serializers.Serializer[Any]):
    line_number = serializers.IntegerField(min_value=1)
    order_line_number = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    supplier_part = serializers.CharField(required=False, allow_blank=True, default="", max_length=60)
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    quantity = serializers.DecimalField(14, 4, min_value=0)
    unit = serializers.CharField(required=False, allow_blank=True, default="", max_length=3)
    unit_price = serializers.DecimalField(14, 4, min_value=0)
    amount = serializers.DecimalField(14, 2, required=False, allow_null=True, default=None)


class ChargeIn(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=80)
    amount = serializers.DecimalField(14, 2)


class InvoiceIn(serializers.Serializer[Any]):
    supplier = serializers.CharField()
    supplier_number = serializers.CharField(max_length=40)
    order = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    facility = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="Only where no order tells it"
    )
    kind = serializers.ChoiceField(["invoice", "credit"], required=False, default="invoice")
    invoice_date = serializers.DateField()
    due_date = serializers.DateField(required=False, allow_null=True, default=None)
    currency = serializers.CharField(max_length=3, min_length=3)
    total = serializers.DecimalField(14, 2)
    tax = serializers.DecimalField(14, 2, required=False, default=Decimal(0))
    charges = ChargeIn(many=True, required=False, default=list)
    lines = BilledLineIn(many=True)


class RegisteredOut(serializers.Serializer[Any]):
    number = serializers.CharField()
    supplier_number = serializers.CharField()
    status = serializers.CharField()
    approved_amount = serializers.DecimalField(14, 2)
    trace_id = serializers.CharField()


class Invoices(ProcessView):
    @extend_schema(request=InvoiceIn, responses={201: RegisteredOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = _valid(InvoiceIn(data=request.data))
        supplier = Supplier.objects.filter(code=data.pop("supplier")).first()
        if supplier is None:
            raise Invalid("The supplier is not known.", findings=[_unknown("supplier", request.data)])
        code = data.pop("facility")
        facility = facilities_visible(self.actor).filter(code=code).first() if code else None
        row = invoice_register(
            actor=self.actor,
            supplier=supplier,
            invoice=InvoiceInput(
                order_number=data.pop("order"),
                lines=[BilledLineInput(**line) for line in data.pop("lines")],
                charges=[{**c, "amount": str(c["amount"])} for c in data.pop("charges")],
                **data,
            ),
            source="api",
            facility=facility,
        )
        return Response(RegisteredOut(row).data, status=status.HTTP_201_CREATED)


def _unknown(name: str, data: Any) -> Finding:
    return Finding(code=f"{name}_unknown", field=name, message=f"There is no {name} {data.get(name)}.")


class InvoiceMatch(ProcessView):
    @extend_schema(request=None, responses=out.InvoiceDetailOut)
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        invoice_match(actor=self.actor, number=number)
        return Response(out.InvoiceDetailOut(invoice_get(self.actor, number)).data)


class InvoiceExceptions(ListView):
    """Invoice exceptions of the caller's facilities: the open ones of their queues, or any with `state`."""

    required_scope = "experience:read"
    serializer_class = out.CaseOut
    filters = {
        "invoice": "invoice__number", "order": "order__number", "kind": "kind", "state": "state",
        "facility": "facility__code", "supplier": "supplier__code",
    }  # fmt: skip

    def found(self, request: Request) -> QuerySet[Any]:
        found = cases_visible(self.actor) if request.query_params.get("state") else cases_open(self.actor)
        return found.filter(invoice__isnull=False)


class ResolutionIn(serializers.Serializer[Any]):
    resolution = serializers.ChoiceField(
        [choice.value for choice in ExceptionCase.Resolution if choice.value != "matched"]
    )
    reason_code = serializers.CharField(required=False, allow_blank=True, default="", max_length=30)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class ExceptionResolve(ProcessView):
    @extend_schema(request=ResolutionIn, responses=out.CaseOut)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        data = _valid(ResolutionIn(data=request.data))
        exception_resolve(actor=self.actor, case_id=pk, **data)
        return Response(out.CaseOut(cases_visible(self.actor).get(pk=pk)).data)
