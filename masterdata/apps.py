from __future__ import annotations

from django.apps import AppConfig


class MasterdataConfig(AppConfig):
    name = "masterdata"
