"""A small HTTP client for API tests: one OAuth client per person, through the real token endpoint."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.test import Client
from oauth2_provider.models import Application

from core.models import User


class Api:
    """Calls the API as a user. Every POST carries a fresh Idempotency-Key unless one is given."""

    def __init__(self, user: User) -> None:
        secret = uuid.uuid4().hex
        application = Application.objects.create(
            name=user.name, user=user, client_type="confidential", authorization_grant_type="client-credentials",
            client_secret=secret,
        )  # fmt: skip
        self.http = Client()
        answer = self.http.post(
            "/oauth/token",
            {"grant_type": "client_credentials", "client_id": application.client_id, "client_secret": secret},
        )
        assert answer.status_code == 200, answer.content
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any = None, *, key: str | None = None, expect: int | None = None) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or uuid.uuid4().hex}
        answer = self.http.post(
            f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json", headers=headers
        )
        if expect is not None:
            assert answer.status_code == expect, (answer.status_code, answer.content)
        return answer
