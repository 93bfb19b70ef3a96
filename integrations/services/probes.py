"""Asks endpoints that are quiet or in trouble whether anybody is there, so that nobody learns it from a waiting order."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Final

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q
from django.utils import timezone

from integrations.models import Endpoint, Partner
from integrations.remote import Answer, Outcome
from integrations.services.channels import channel_for
from integrations.services.endpoints import endpoint_noted, place_at
from integrations.watching import windows_now

QUIET: Final = timedelta(minutes=2)
"""What delivered something that lately needs no question."""
_log = structlog.get_logger(__name__)


def endpoints_probe(*, most: int = 20) -> int:
    """Ask the endpoints that were asked longest ago. Returns how many were asked."""
    now = timezone.now()
    found = (
        Endpoint.objects.filter(paused=False)
        .exclude(pk__in=sorted(windows_now(now)))
        # an account is not locked by our asking: a refused sign-in waits for its pause, or for a person
        .exclude(circuit_reason=Outcome.AUTHENTICATION, circuit_open_until__gt=now)
        .filter(Q(last_success_at=None) | Q(last_success_at__lt=now - QUIET) | Q(consecutive_failures__gt=0))
        .filter(Q(probed_at=None) | Q(probed_at__lt=now - timedelta(seconds=25)))
        .filter(Q(kind=Endpoint.Kind.ERP) | Q(pk__in=Partner.objects.values("endpoint")))
    )
    asked = 0
    for endpoint in found.order_by("probed_at", "pk")[:most]:
        with place_at(endpoint.pk, 1, what=3) as free:
            if free:
                endpoint_probe(endpoint)
                asked += 1
    return asked


def endpoint_probe(endpoint: Endpoint) -> Answer:
    """Ask one endpoint and note what it said. Where an open circuit's endpoint is there again, the next message may try it now."""
    try:
        with closing(channel_for(endpoint)) as channel:
            answer = channel.probe()
    except ImproperlyConfigured as fault:
        answer = Answer(outcome=Outcome.PERMANENT, detail=str(fault))
    there = answer.outcome == Outcome.FOUND
    now = timezone.now()
    endpoint_noted(endpoint, answer)
    if there:
        shut = Endpoint.objects.filter(pk=endpoint.pk, circuit_open_until__gt=now)
        shut.exclude(circuit_reason=Outcome.AUTHENTICATION).update(circuit_open_until=now)
    else:
        _log.warning(
            "endpoint_probe_failed", endpoint=endpoint.code, outcome=answer.outcome.value, reason=answer.detail
        )
    return answer
