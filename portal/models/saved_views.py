"""Filters that a person keeps for a list."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """`query` is the query string of the list named `page`, without cursor."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="portal_saved_view_once")]

    def __str__(self) -> str:
        return self.name
