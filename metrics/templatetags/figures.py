"""Numbers and icons in templates: thin doors onto `livinglytics.lib.numbers` and the icon sprite."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from livinglytics.lib import numbers
from metrics.charts.words import exact_value

register = template.Library()

SPRITE = "vendor/lucide/sprite.svg"
ALERT_ICONS = {"success": "circle-check", "warning": "triangle-alert", "error": "circle-alert", "info": "info"}


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """One icon of the sprite. Without `label` it is decoration and hidden from screen readers."""
    css = f"icon {classes}".strip()
    href = f"{static(SPRITE)}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', css, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', css, href)


@register.filter
def alert_icon(kind: str) -> str:
    """The icon of an alert's kind."""
    return ALERT_ICONS.get(kind, "info")


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: the badge's kind, its icon, its word."""

    kind: str
    icon: str
    text: str


LOOKS = {
    look_key: Look(kind, icon_name, look_key)
    for kind, icon_name, keys in (
        (
            "good",
            "circle-check",
            "succeeded fresh ok active healthy completed delivered accepted paid connected on",
        ),
        ("good", "circle-check", "resolved"),
        ("live", "loader-circle", "running syncing sending"),
        ("live", "clock", "queued pending waiting scheduled invited new trialing"),
        ("warn", "triangle-alert", "partial behind stale degraded snoozed late past_due retrying"),
        ("bad", "circle-x", "failed failing error firing rejected dead expired revoked"),
        ("", "pause", "paused muted off"),
        ("", "circle-stop", "cancelled dismissed closed archived disabled"),
        ("", "circle-dashed", "no_data draft"),
    )
    for look_key in keys.split()
}


@register.filter
def state_look(state: str) -> Look:
    """The look of a job's, source's, alert's or delivery's state; an unknown one is shown plainly."""
    key = str(state).lower()
    found = LOOKS.get(key, Look("", "circle", key))
    return Look(found.kind, found.icon, found.text.replace("_", " "))


@register.filter
def figure(value: float | None, unit: str = "count") -> str:
    """A value as people read it, by unit: 1.23k, 4.1 %, 3m 05s; missing is –."""
    return numbers.format_value(value, unit)


@register.filter
def exact(value: float | None, unit: str = "count") -> str:
    """The unrounded value, for titles and tables."""
    return exact_value(value, unit)


@register.filter
def compact(value: float | None) -> str:
    """999, 1.23k, 12.3k, 1.23M; missing is –."""
    return "–" if value is None else numbers.compact(value)


@register.filter
def percent(share: float | None) -> str:
    """A share of 0..1 with one decimal; missing is –."""
    return "–" if share is None else numbers.percent(share)


@register.filter
def stars(rating: float | None) -> str:
    """A mean of one to five stars with one decimal; missing is –."""
    return "–" if rating is None else f"{rating:.1f} ★"


@register.filter
def duration(seconds: float | None) -> str:
    """45 s, 3m 05s, 2h 14m; missing is –."""
    return "–" if seconds is None else numbers.duration(seconds)


@register.filter
def bar_width(share: float | None) -> str:
    """A share of 0..1 as the width attribute of an SVG rect; a tiny share stays visible."""
    if not share or share <= 0:
        return "0%"
    return f"{min(max(share * 100, 0.6), 100):.2f}%"


@register.filter
def grouped(value: float | None) -> str:
    """A count in full with spaces: 12 345."""
    return "–" if value is None else f"{value:,.0f}".replace(",", "\u00a0")


@register.filter
def as_format(url: str, name: str) -> str:
    """The address of an export in another format: csv, xlsx, json, parquet."""
    return url.replace("format=csv", f"format={name}")
