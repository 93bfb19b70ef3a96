from __future__ import annotations

from django.apps import AppConfig

from core import events


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal.wiring import HANDLERS

        events.install(HANDLERS)
