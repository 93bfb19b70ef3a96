"""The OpenAPI description: how callers sign in, pages by keyset, one operation id per address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import BasePagination

from portal.api.views import ListView


class ClientScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers itself
    """API clients: OAuth2 client credentials."""

    target_class = "portal.api.authentication.ClientAuthentication"
    name = "client"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        scopes = settings.OAUTH2_PROVIDER["SCOPES"]
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}}}

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[Any]]:
        return {self.name: [str(getattr(auto_schema.view, "required_scope", ""))]}


class PersonScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """People: the session of the portal's pages."""

    target_class = "portal.api.authentication.PersonAuthentication"
    name = "person"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class KeysetPages(BasePagination):
    """What a page of a list looks like."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "description": "The following page; null on the last one."}
        return {"type": "object", "required": ["results", "next"], "properties": {"results": schema, "next": link}}


class PortalSchema(AutoSchema):
    """Lists are told by their base class; their filters are read off the view."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        return isinstance(self.view, ListView)

    def _get_paginator(self) -> BasePagination | None:
        return KeysetPages() if isinstance(self.view, ListView) else None

    def get_override_parameters(self) -> list[Any]:
        if not isinstance(self.view, ListView):
            return []
        return [
            OpenApiParameter("limit", int, description="Rows per page, 1 to 200; 50 if not given."),
            OpenApiParameter("after", str, description="The cursor of the previous page."),
            OpenApiParameter("q", str, description="Words to search for, where the list can be searched."),
            *(OpenApiParameter(name, str) for name in self.view.filters),
        ]
