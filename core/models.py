"""The ground: people who sign in, the log of business events, document numbers."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory.models
import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from core.audit import NEVER_TRUNCATED


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person, or a service that acts by itself (`is_service`); signs in by e-mail address."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    title = models.CharField(
        max_length=120, blank=True, help_text="What the person is at work, e.g. 'OR charge nurse'."
    )
    manager = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    is_service = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="core_user_email_once")]

    def __str__(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


APPEND_ONLY = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete), NEVER_TRUNCATED]
"""Triggers of a table whose rows are facts: written once, never changed."""


class BusinessEvent(models.Model):
    """A fact that a room stated, as it was stated. `scope` is the facility's id; `trace_id` ties the chain together."""

    id = models.BigAutoField(primary_key=True)
    type = models.CharField(max_length=80)
    occurred_at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40, help_text="Kind of the document the fact is about, e.g. 'purchase_order'.")
    number = models.CharField(max_length=60)
    scope = models.BigIntegerField(null=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    trace_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "number", "id"], name="core_event_document"),
            models.Index(fields=["trace_id", "id"], name="core_event_trace"),
            models.Index(fields=["scope", "-id"], name="core_event_scope"),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.type} {self.number}"


class AuditContext(pghistory.models.Context):  # type: ignore[misc]
    """Who did it, on whose behalf and why: written within the act, and never changed after it."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Protect(
                name="kept_after_the_act",
                operation=pgtrigger.Update,
                # an act may still learn its trace; created_at is when its transaction began
                condition=pgtrigger.Condition("OLD.created_at IS DISTINCT FROM now()"),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            NEVER_TRUNCATED,
        ]


class DocumentSequence(models.Model):
    """The last number given for a prefix and year. A counter row, so that a rolled-back document leaves no gap."""

    prefix = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="core_sequence_once")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"
