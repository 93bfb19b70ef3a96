from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        # models are not loaded yet when this module is imported
        from core import events
        from portal import telemetry
        from portal.wiring import HANDLERS

        events.install(HANDLERS)
        telemetry.install()
