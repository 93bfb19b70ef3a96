"""Idempotency-Key: the same caller, key and content has its effect once and gets the same answer again.

The answer is stored in the transaction of the effect, so there is no moment in which one exists without the other. A second
request that arrives while the first still runs waits at the same rows, loses, is rolled back and gets the stored answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import IntegrityError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.audit import one_act
from core.errors import DomainError, Invalid
from portal.models import IdempotentAnswer

Method = Callable[..., Response]
MAX_KEY = 128


def idempotent(method: Method) -> Method:
    """Wrap a view method that creates or decides: one transaction, and one effect per Idempotency-Key."""

    @wraps(method)
    def wrapped(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            with one_act():
                return method(view, request, *args, **kwargs)
        if len(key) > MAX_KEY or not key.isprintable():
            raise Invalid(
                f"The Idempotency-Key must be printable and at most {MAX_KEY} characters.", code="key_invalid"
            )
        fingerprint = _fingerprint(request)
        try:
            with one_act():
                response = method(view, request, *args, **kwargs)
                _keep(request, key, fingerprint, response)
                return response
        except (DomainError, IntegrityError):
            stored = IdempotentAnswer.objects.filter(caller=request.user.pk, key=key).first()
            if stored is None:
                raise
            return _again(stored, fingerprint)

    return wrapped


def _fingerprint(request: Request) -> str:
    content = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.path}\n{content}".encode()).hexdigest()


def _keep(request: Request, key: str, fingerprint: str, response: Response) -> None:
    IdempotentAnswer.objects.create(
        caller_id=int(request.user.pk or 0),
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        body=json.loads(JSONRenderer().render(response.data)),
    )


def _again(stored: IdempotentAnswer, fingerprint: str) -> Response:
    if stored.fingerprint != fingerprint:
        raise Invalid("This Idempotency-Key was used for another request. Use a new key.", code="key_reused")
    return Response(stored.body, status=stored.status, headers={"Idempotent-Replayed": "true"})
