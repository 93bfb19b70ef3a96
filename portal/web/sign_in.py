"""The sign-in page; in the demo with its people beside it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView

from portal.demo.accounts import DEMO_PASSWORD, demo_people
from portal.web import format as fmt


class SignIn(LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**extra)
        if settings.DEMO:
            context["demo_people"] = [
                {
                    "role": role,
                    "name": user.name,
                    "title": user.title,
                    "email": user.email,
                    "password": DEMO_PASSWORD,
                    "initials": fmt.initials(user.name),
                }
                for role, user in demo_people()
            ]
        return context
