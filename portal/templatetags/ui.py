"""Template tags of the design system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from core.errors import Finding
from portal.web import parts
from portal.web.format import NOTHING, Shown
from portal.web.status import badge

register = template.Library()


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("vendor/icons.svg")


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite (`portal/static/vendor/icons.txt`); without `label` it is decoration."""
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon {}" {}><use href="{}#{}"></use></svg>', css, meaning, _sprite(), name)


@register.simple_tag
def status(code: str, kind: str = "") -> SafeString:
    """A status badge: `{% status order.status "purchase_order" %}`."""
    return badge(str(code), kind)


@register.simple_tag
def shown(value: Shown | str | None, css: str = "") -> SafeString:
    """A prepared value with its exact form on hover; a moment becomes a `<time>`."""
    value = NOTHING if value is None else value if isinstance(value, Shown) else Shown(str(value))
    if value.iso:
        return format_html(
            '<time class="{}" datetime="{}" title="{}">{}</time>', css, value.iso, value.title, value.text
        )
    if value.title:
        return format_html('<span class="{}" title="{}">{}</span>', css, value.title, value.text)
    return format_html('<span class="{}">{}</span>', css, value.text) if css else conditional_escape(value.text)


@register.simple_tag
def sparkline(values: Sequence[Decimal | int], label: str) -> SafeString:
    """A small line without axes; `label` says in words what it shows."""
    return format_html(
        '<svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<polyline points="{}"/></svg>',
        label,
        parts.sparkline(values),
    )


@register.filter
def anchor(path: str) -> str:
    """The element id of a finding's place: `lines.2.quantity` → `f-lines-2-quantity`."""
    return "f-" + path.replace(".", "-").replace("_", "-")


@register.filter
def at(findings: Iterable[Finding] | None, path: str) -> list[Finding]:
    """The findings of one place of the document: `{{ findings|at:"lines.2.quantity" }}`."""
    return [finding for finding in findings or () if finding.field == path]


@register.inclusion_tag("components/field.html")
def field(name: str, label: str, value: object = "", **options: Any) -> dict[str, Any]:
    """A labelled input with its finding.

    Options: `kind` (text, number, email, password, date, search, textarea, select, checkbox, file), `path` (the place in
    findings, default `name`), `findings`, `help`, `required`, `unit` (shown behind the input), `choices` ((value, label)
    pairs), `placeholder`, `autocomplete`, `inputmode`, `rows`, `min`, `max`, `step`, `autofocus`, `readonly`, `keys`,
    `hide_label`, `list`, `css`.
    """
    path = str(options.pop("path", "") or name)
    found = at(options.pop("findings", None), path)
    return {
        "name": name,
        "label": label,
        "value": "" if value is None else value,
        "kind": "text",
        "id": anchor(path),
        "found": found,
        "error": any(finding.severity in {"error", "confirm"} for finding in found),
        **options,
    }


@register.inclusion_tag("components/chart.html")
def chart(identity: str, label: str, data: Mapping[str, Any], kind: str = "bar", **options: Any) -> dict[str, Any]:
    """A chart: `data` is `{"labels": […], "series": [{"label": …, "values": […], "tone": …}]}`, `unit` names the numbers.

    The same numbers stand in a table for those who do not see the canvas. Options: `unit`, `stacked`, `height` (px class:
    `s`, `m`, `l`).
    """
    series = data["series"]
    rows = [(name, [entry["values"][i] for entry in series]) for i, name in enumerate(data["labels"])]
    config = {**data, "kind": kind, "unit": options.get("unit", ""), "stacked": bool(options.get("stacked"))}
    return {
        "id": identity,
        "data_id": f"{identity}-data",
        "label": label,
        "config": config,
        "series": series,
        "rows": rows,
        **options,
    }
