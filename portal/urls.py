"""Every address of the portal."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path

from portal.web import preferences, styleguide
from portal.web.sign_in import SignIn

urlpatterns = [
    path("", include("portal.web.urls")),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/facility/", preferences.facility_switch, name="facility-switch"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
