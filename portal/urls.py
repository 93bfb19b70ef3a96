"""Every address of the portal."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from portal.web import home

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
]
