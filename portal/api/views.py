"""What every API view shares: the actor, pages, lists."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import QueryDict
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from core.actors import Actor
from core.errors import Finding, Invalid
from core.keyset import page
from portal.api.authentication import HasScope


class ActorView(APIView):
    """A view whose `actor` is the caller. Subclasses say their `required_scope`."""

    permission_classes = [IsAuthenticated, HasScope]
    required_scope: ClassVar[str] = ""

    @property
    def actor(self) -> Actor:
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]
        return actor


class ListView(ActorView):
    """A list by keyset: `?limit=50&after=<cursor>` and the filters in `filters` (query name -> field lookup)."""

    serializer_class: ClassVar[type[BaseSerializer[Any]]]
    filters: ClassVar[dict[str, str]] = {}

    @abstractmethod
    def found(self, request: Request) -> QuerySet[Any]:
        """Everything the caller may see that the search words match."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        unknown = set(query) - {"limit", "after", "q", *self.filters}
        if unknown:
            raise Invalid(f"There is no filter {', '.join(sorted(unknown))}.", code="filter_unknown")
        found = self.found(request)
        wanted = {lookup: query[name] for name, lookup in self.filters.items() if query.get(name)}
        self._check_choices(found.model, query)
        result = page(found.filter(**wanted), after=query.get("after", ""), size=_limit(query.get("limit", "50")))
        return Response(
            {"results": self.serializer_class(result.rows, many=True).data, "next": self._next(request, result.next)}
        )

    def _check_choices(self, model: type[Model], query: QueryDict) -> None:
        """Raises Invalid for values that a filter can never have: an empty list would look like nothing to do."""
        findings = []
        for name, lookup in self.filters.items():
            choices = dict(getattr(model._meta.get_field(lookup.split("__")[0]), "choices", None) or ())
            if query.get(name) and choices and query[name] not in choices:
                words = f"{name} is one of {', '.join(map(str, choices))}, not {query[name][:40]!r}."
                findings.append(Finding(code="filter_invalid", field=name, message=words))
        if findings:
            raise Invalid(findings[0].message, code="filter_invalid", findings=findings)

    def _next(self, request: Request, cursor: str) -> str | None:
        if not cursor:
            return None
        query = request.query_params.copy()
        query["after"] = cursor
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 200):
        raise Invalid("limit is a number from 1 to 200.", code="limit_invalid")
    return int(text)
