"""Every address of the portal."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from portal.web import home, preferences, styleguide

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/facility/", preferences.facility_switch, name="facility-switch"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
