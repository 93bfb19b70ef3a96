"""Every address of the portal."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView
from oauth2_provider.views import TokenView

from portal import health, metrics, pushes
from portal.api.errors import not_found
from portal.web import preferences, styleguide
from portal.web.sign_in import SignIn

urlpatterns = [
    path("", include("portal.web.urls")),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/facility/", preferences.facility_switch, name="facility-switch"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/beat", health.beat, name="health-beat"),
    path("in/<str:code>", pushes.push, name="inbound-push"),
    path("metrics", metrics.metrics, name="metrics"),
    path("oauth/token", TokenView.as_view(), name="oauth-token"),
    path(
        "api/v1/schema",
        SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[]),
        name="api-schema",
    ),
    path("api/v1/docs", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/v1/", include("portal.api.v1.urls")),
    re_path(r"^api/", not_found),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
