"""What ERPs say about payments: pulled page by page, from where the last pull ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog
from django.core.exceptions import ImproperlyConfigured

from core.actors import Actor
from core.secrets import SecretUnreadable
from integrations.erp.base import Payment, PaymentPage
from integrations.models import Endpoint
from integrations.remote import Answer
from integrations.services.channels import adapter_for
from integrations.services.drift import PAYMENT, pull_noted
from integrations.services.endpoints import available, place_at
from integrations.services.service_actor import service_actor
from procurement.models import Invoice
from procurement.services.invoices import invoice_record_payment, invoice_record_voucher

_MOST_PAGES: Final = 20
_log = structlog.get_logger(__name__)


def payments_pull() -> int:
    """Pull from every ERP that may be asked now. Returns how many payment statuses were seen."""
    return sum(_pull(endpoint) for endpoint in Endpoint.objects.filter(available(), kind=Endpoint.Kind.ERP))


def _pull(endpoint: Endpoint) -> int:
    seen = 0
    with place_at(endpoint.pk, 1, what=1) as free:
        for _ in range(_MOST_PAGES if free else 0):
            endpoint.refresh_from_db(fields=["cursor"])
            page = _page(endpoint)
            if page is None:
                break
            _apply(page.payments)
            seen += len(page.payments)
            if page.cursor != endpoint.cursor:
                # the rows are applied by now; pulled again, they change nothing
                Endpoint.objects.filter(pk=endpoint.pk).update(cursor=page.cursor)
            if not page.more:
                break
    return seen


def _page(endpoint: Endpoint) -> PaymentPage | None:
    try:
        page = adapter_for(endpoint).payments(endpoint.cursor)
    except (ImproperlyConfigured, SecretUnreadable) as fault:
        _log.error("endpoint_misconfigured", endpoint=endpoint.code, reason=str(fault))
        return None
    failure = page if isinstance(page, Answer) else None
    pull_noted(endpoint, PAYMENT, failure, page.drift)
    if isinstance(page, Answer):
        _log.warning("payments_unread", endpoint=endpoint.code, outcome=page.outcome.value, reason=page.detail)
        return None
    return page


def _apply(payments: Sequence[Payment]) -> None:
    actor = service_actor()
    known = set(Invoice.objects.filter(number__in=[p.reference for p in payments]).values_list("number", flat=True))
    for payment in payments:
        if payment.reference in known:
            _apply_one(payment, actor)


def _apply_one(payment: Payment, actor: Actor) -> None:
    # a payment proves the voucher, also where its own delivery is still in doubt
    invoice_record_voucher(actor=actor, number=payment.reference, voucher_number=payment.voucher_number)
    if payment.status == "paid" and payment.paid_on is not None:
        invoice_record_payment(
            actor=actor, number=payment.reference, voucher_number=payment.voucher_number, paid_on=payment.paid_on
        )
