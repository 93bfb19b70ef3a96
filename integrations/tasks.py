"""Doorbells and sweeps. The database is the queue: every task is safe to run twice, late, or never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from celery import shared_task

from integrations.services.alerts import alerts_check
from integrations.services.delivery import deliver_run, endpoints_due
from integrations.services.heartbeats import heartbeat
from integrations.services.inbound_documents import documents_apply
from integrations.services.masters import masters_plan, masters_run
from integrations.services.notices import notices_send
from integrations.services.payments import payments_pull
from integrations.services.polling import mailboxes_poll
from integrations.services.probes import endpoints_probe
from integrations.services.relay import leases_recover
from integrations.watching import silences

SWEEP_EVERY: Final = 10.0
"""Seconds within which the sweep is to run again; beat rings more often."""
WORKERS_RUNG: Final = 8
"""How many deliveries the sweep rings for at most; each serves endpoints in turn."""


@shared_task
def deliver(endpoint_ids: Sequence[int] = ()) -> None:
    """Deliver what is due. Who rang is told by `endpoint_ids`; whose turn it is, the database knows."""
    deliver_run()
    if silences():
        # beat is dead, so nobody rings for the watch: whoever still works looks
        alerts_check()
        notices_send()


@shared_task
def sweep() -> None:
    """The guarantee: whatever is due is found here, whether or not anybody rang."""
    heartbeat("sweep", every=SWEEP_EVERY)
    leases_recover()
    for _ in endpoints_due()[:WORKERS_RUNG]:
        deliver.apply_async(expires=3)


@shared_task
def poll() -> None:
    """Take in what partners left for us, and apply what waits."""
    mailboxes_poll()
    documents_apply()


@shared_task
def pull_payments() -> None:
    """Ask every ERP what it has paid."""
    payments_pull()


@shared_task
def pull_masters() -> None:
    """Open the rounds over masters and budgets that are due, and carry on what is open."""
    masters_plan()
    masters_run()


@shared_task
def probe() -> None:
    """Ask quiet endpoints whether anybody is there."""
    endpoints_probe()


@shared_task
def watch() -> None:
    """Open, refresh and settle alerts, and tell people about them."""
    alerts_check()
    notices_send()
