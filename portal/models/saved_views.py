"""Filters that a person keeps for a list."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """`query` is the query string of the list named `page`: filter and order, without cursor. One of a list may open by itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
    is_default = models.BooleanField(default=False, help_text="Opens when the list is asked for without a filter.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="portal_saved_view_once"),
            models.UniqueConstraint(
                fields=["user", "page"], condition=models.Q(is_default=True), name="portal_one_default_view"
            ),
        ]

    def __str__(self) -> str:
        return self.name
