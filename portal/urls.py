"""Every address of the portal."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path

from portal.web import preferences, styleguide

urlpatterns = [
    path("", include("portal.web.urls")),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/facility/", preferences.facility_switch, name="facility-switch"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
