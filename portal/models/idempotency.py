"""Answers kept for callers that ask twice."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class IdempotentAnswer(models.Model):
    """The answer to one Idempotency-Key of one caller, written in the transaction of its effect. Never expires.

    `fingerprint` covers method, path and body: the same key with other content is refused.
    """

    caller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="portal_one_answer_per_key")]

    def __str__(self) -> str:
        return self.key
