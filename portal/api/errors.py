"""Every error as application/problem+json (RFC 9457), with the same code, words and findings the screens show."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import DomainError, Finding
from core.tracing import current_trace_id
from portal.middleware import status_of

CONTENT_TYPE = "application/problem+json"


def problem(status: int, code: str, detail: str, findings: list[Finding] | None = None) -> dict[str, Any]:
    """The body of an error answer."""
    return {
        "type": f"urn:portal:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "findings": [f.as_dict() for f in findings or []],
        "trace_id": current_trace_id(),
    }


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Anything unknown stays a real 500 (and is logged by Django)."""
    body, headers = _body(error)
    if body is None:
        return None
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def _body(error: Exception) -> tuple[dict[str, Any] | None, dict[str, str]]:
    if isinstance(error, DomainError):
        return problem(status_of(error), error.code, error.message, list(error.findings)), {}
    if isinstance(error, exceptions.ValidationError):
        return problem(422, "invalid", "The request has mistakes.", _findings(error.detail)), {}
    if isinstance(error, Http404 | exceptions.NotFound):
        return problem(404, "not_found", "There is nothing here for you."), {}
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return problem(403, "not_allowed", str(getattr(error, "detail", "")) or "You may not do this."), {}
    if isinstance(error, DataError):
        return problem(400, "value_out_of_range", "A value is out of range."), {}
    if isinstance(error, IntegrityError):
        return problem(409, "conflict", "Somebody else changed this at the same moment. Read it again, then retry."), {}
    if isinstance(error, exceptions.APIException):
        headers = {}
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
        if scheme := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = scheme
        code = error.get_codes() if isinstance(error.get_codes(), str) else "refused"
        return problem(error.status_code, str(code), str(error.detail)), headers
    return None, {}


def _findings(detail: Any, at: str = "") -> list[Finding]:
    """DRF's nested error lists as findings with dotted places."""
    if isinstance(detail, dict):
        return [f for name, inner in detail.items() for f in _findings(inner, _join(at, name))]
    if isinstance(detail, list) and any(isinstance(x, dict | list) for x in detail):
        return [f for n, inner in enumerate(detail) for f in _findings(inner, _join(at, str(n)))]
    messages = detail if isinstance(detail, list) else [detail]
    return [Finding(code=str(getattr(m, "code", "invalid")), field=at, message=str(m)) for m in messages]


def _join(at: str, name: str) -> str:
    if name == "non_field_errors":
        return at
    return f"{at}.{name}" if at else name


def not_found(request: HttpRequest) -> JsonResponse:
    """Any other address under /api/."""
    return JsonResponse(
        problem(404, "not_found", "There is no such address in the API."), status=404, content_type=CONTENT_TYPE
    )
