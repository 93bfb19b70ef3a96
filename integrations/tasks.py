"""Doorbells and sweeps. The database is the queue: every task is safe to run twice, late, or never."""

from __future__ import annotations

from collections.abc import Sequence

from celery import shared_task

from integrations.services.delivery import endpoint_deliver, endpoints_due, leases_recover
from integrations.services.inbound_documents import documents_apply
from integrations.services.inbox import mailboxes_poll
from integrations.services.payments import payments_pull


@shared_task
def deliver(endpoint_ids: Sequence[int]) -> None:
    """Deliver what is due at these endpoints. One task per batch, never per message."""
    for endpoint_id in endpoint_ids:
        endpoint_deliver(endpoint_id)


@shared_task
def sweep() -> None:
    """The guarantee: whatever is due is found here, whether or not anybody rang."""
    leases_recover()
    for endpoint_id in endpoints_due():
        deliver.apply_async(args=([endpoint_id],), expires=30)


@shared_task
def poll() -> None:
    """Take in what partners left for us, and apply what waits."""
    mailboxes_poll()
    documents_apply()


@shared_task
def pull_payments() -> None:
    """Ask every ERP what it has paid."""
    payments_pull()
