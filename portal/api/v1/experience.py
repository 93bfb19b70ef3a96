"""Experience layer: what the screens show, in one answer each."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.views import ActorView
from portal.trace import trace_find, trace_of
from portal.work import work_cards


class CardOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the field is called as the card calls it
    count = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    amount = serializers.DecimalField(14, 2, allow_null=True)
    currency = serializers.CharField()


class HomeOut(serializers.Serializer[Any]):
    person = serializers.CharField()
    work = CardOut(many=True)


class Home(ActorView):
    """The work that waits for the caller."""

    required_scope = "experience:read"

    @extend_schema(responses=HomeOut)
    def get(self, request: Request) -> Response:
        return Response(HomeOut({"person": self.actor.name, "work": work_cards(self.actor)}).data)


class HopOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    lane = serializers.CharField()
    text = serializers.CharField()
    kind = serializers.CharField()
    number = serializers.CharField()
    who = serializers.CharField()
    detail = serializers.CharField()
    state = serializers.CharField()
    wait_seconds = serializers.SerializerMethodField()
    longest = serializers.BooleanField()

    def get_wait_seconds(self, hop: Any) -> float | None:
        return None if hop.wait is None else round(hop.wait.total_seconds(), 3)


class TraceOut(serializers.Serializer[Any]):
    trace_id = serializers.CharField()
    headline = serializers.CharField()
    next_actor = serializers.CharField()
    hops = HopOut(many=True)


class TraceSearch(ActorView):
    """The chain behind any identifier that any system uses for it."""

    required_scope = "experience:read"

    @extend_schema(parameters=[OpenApiParameter("q", str, required=True)], responses=TraceOut)
    def get(self, request: Request) -> Response:
        trace_id = trace_find(self.actor, request.query_params.get("q", ""))
        return Response(TraceOut(trace_of(self.actor, trace_id)).data)
