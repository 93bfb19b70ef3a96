"""The search of the top bar, as page and as the list under the field."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.search import search as find
from portal.web.page import actor_of, is_fragment


@login_required
def search(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:80]
    context = {"search_query": q, "hits": find(actor_of(request), q), "short": 0 < len(q) < 2}
    return render(request, "search.html#hits" if is_fragment(request) else "search.html", context)
