"""Sends what is to be told about alerts: one e-mail for all that is new, one signed webhook call per notice, until it worked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.models import User
from integrations.models import Notice
from integrations.services.endpoints import backoff
from integrations.transports.webhook import WebhookError, webhook_post
from masterdata.models import Role, RoleGrant

_MOST: Final = 100
_LEASE: Final = timedelta(minutes=2)
_log = structlog.get_logger(__name__)


def notices_send() -> int:
    """Send what is due. Returns how many notices arrived."""
    due = _claim()
    mail = [notice for notice in due if notice.channel == Notice.Channel.MAIL]
    sent = _mail(mail) if mail else 0
    for notice in due:
        if notice.channel == Notice.Channel.WEBHOOK:
            sent += _hook(notice)
    return sent


def _claim() -> list[Notice]:
    now = timezone.now()
    with transaction.atomic():
        due = list(
            Notice.objects.filter(sent_at=None, due_at__lte=now)
            .select_related("alert", "alert__endpoint")
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("id")[:_MOST]
        )
        Notice.objects.filter(pk__in=[notice.pk for notice in due]).update(due_at=now + _LEASE, tries=F("tries") + 1)
    return due


def _mail(notices: Sequence[Notice]) -> int:
    to = recipients()
    lines = [f"{notice.get_what_display()}: {notice.alert.title}" for notice in notices]
    subject = lines[0] if len(lines) == 1 else f"{len(lines)} changes: {lines[0]}"
    body = "\n".join([*lines, "", f"All open alerts: {settings.PUBLIC_URL}/alerts/"])
    # an outside system's words must not break a header
    message = EmailMessage(" ".join(subject.split())[:150], body, to=to)
    try:
        if to:
            message.send()
    except OSError as fault:
        return _failed(notices, str(fault))
    return _arrived(notices)


def recipients() -> list[str]:
    """Who gets the e-mail: the addresses of the settings, else integration support of the whole network."""
    if settings.ALERT_EMAILS:
        return list(settings.ALERT_EMAILS)
    granted = RoleGrant.objects.filter(role=Role.INTEGRATION_SUPPORT, facility=None).values("user")
    found = User.objects.filter(pk__in=granted, is_active=True, is_service=False)
    return list(found.order_by("email").values_list("email", flat=True))


def _hook(notice: Notice) -> int:
    alert = notice.alert
    body = {
        "type": f"alert.{notice.what}",
        "timestamp": notice.written_at.isoformat(),
        "data": {
            "alert": alert.pk, "kind": alert.kind, "key": alert.key, "title": alert.title, "count": notice.count,
            "endpoint": alert.endpoint.code if alert.endpoint else None, "opened_at": alert.opened_at.isoformat(),
            "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
        },
    }  # fmt: skip
    try:
        webhook_post(
            settings.ALERT_WEBHOOK_URL, json.dumps(body).encode(), secret=settings.ALERT_WEBHOOK_SECRET,
            message_id=f"notice-{notice.pk}",
        )  # fmt: skip
    except WebhookError as fault:
        return _failed([notice], str(fault))
    return _arrived([notice])


def _arrived(notices: Sequence[Notice]) -> int:
    return Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(sent_at=timezone.now(), detail="")


def _failed(notices: Sequence[Notice], why: str) -> int:
    _log.warning("notice_unsent", channel=notices[0].channel, number=len(notices), reason=why[:200])
    for notice in notices:
        pause = backoff(notice.tries + 1, first=30, longest=3600)
        Notice.objects.filter(pk=notice.pk).update(due_at=timezone.now() + pause, detail=why[:200])
    return 0
