"""The fields of one column in the mapping form, and the plan they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms

from accounts.forms.team import zone_choices
from sources.tabular import Column, Plan, amounts, dates
from sources.tabular.plan import SCALES

REVIEW_ROLES = {"text": "Review text", "title": "Title", "author": "Author", "rating": "Rating",
                "language": "Language", "url": "Link", "id": "Review id"}  # fmt: skip
#: rarely changed: shown when asked for
RARE = ("key", "number", "unit")
DETAILS = ("format", "daily", "zone", "label", "key", "kind", "number", "unit", "scale")
_ROLES = [
    ("", "Ignore"),
    ("date", "Date"),
    ("metric", "Number"),
    ("dimension", "Split by it"),
    ("Review", list(REVIEW_ROLES.items())),
]
_KINDS = [("sum", "Add up"), ("mean", "Average"), ("last", "Keep the last")]
_UNITS = ("count", "percent", "usd", "eur", "gbp", "seconds", "ms", "hours", "rating", "score")
_USUAL_DATES = tuple(
    name for name in dates.FORMATS if name in dates.UNIX or dates.is_daily(name) or name.startswith("YYYY-MM-DD")
)
Given = tuple[Column, str, dict[str, Any]]


def planned_role(plan: Plan | None, column: Column) -> str:
    """The role a plan gives to a column, "" for none."""
    if plan is None:
        return ""
    if plan.date.column == column.name:
        return "date"
    if any(one.column == column.name for one in plan.metrics):
        return "metric"
    if any(one.column == column.name for one in plan.dimensions):
        return "dimension"
    review = plan.review
    return next((role for role in REVIEW_ROLES if review and getattr(review, role) == column.name), "")


def role_field(column: Column, role: str) -> forms.Field:
    """What the column is."""
    widget = forms.Select(attrs={"data-submits": "", "aria-label": f"Use {column.name} as"})
    return forms.ChoiceField(choices=_ROLES, required=False, initial=role, label="Use as", widget=widget)


def date_fields(column: Column, plan: Plan | None, *, zone: str, settled: bool) -> dict[str, forms.Field]:
    """Format, whether the clock counts, and the zone of times without one."""
    role = plan.date if plan and plan.date.column == column.name else None
    chosen = role.format if role else column.date_format
    if len(column.date_candidates) > 1:
        readings = [(name, _date_reading(column, name)) for name in column.date_candidates]
        found: dict[str, forms.Field] = {"format": _asked(readings, chosen if settled else "", chosen)}
    else:
        names = dict.fromkeys(name for name in (chosen, *_USUAL_DATES) if name)
        found = {"format": _choice("Written as", [(name, name) for name in names], chosen or dates.FORMATS[0])}
    if column.type == "datetime":
        daily = "day" if role and role.daily else "time"
        found["daily"] = _choice("Keep", [("time", "Day and time"), ("day", "The day only")], daily)
        if not chosen.endswith("Z") and chosen not in dates.UNIX:
            here = (role.zone if role else "") or zone
            found["zone"] = _choice("Times are local in", zone_choices(), here)
    return found


def metric_fields(column: Column, plan: Plan | None, *, settled: bool) -> dict[str, forms.Field]:
    """Name, key, how rows are taken together, number format and unit."""
    role = next((one for one in plan.metrics if one.column == column.name), None) if plan else None
    style = role.number if role else column.number_format or amounts.PLAIN
    found: dict[str, forms.Field] = {
        "label": _text("Name", role.label if role and role.label else column.name, 80),
        "key": key_field(column, plan),
        "kind": _choice("Rows of a day", _KINDS, role.kind if role else "sum"),
        "unit": _choice("Unit", [(name, name) for name in _units(role.unit if role else "")], role and role.unit),
    }
    if len(column.number_candidates) > 1:
        readings = [(name, _number_reading(column, name)) for name in column.number_candidates]
        found["number"] = _asked(readings, style if settled else "", style)
    else:
        found["number"] = _choice("Written as", [(name, name) for name in amounts.STYLES], style)
    return found


def rating_fields(column: Column, plan: Plan | None) -> dict[str, forms.Field]:
    """The scale of a rating and how its numbers are written."""
    review = plan.review if plan else None
    scale = review.scale if review and review.rating == column.name else "1-5"
    style = column.number_format or amounts.PLAIN
    return {
        "scale": _choice("Scale", [(name, name.replace("-", " to ")) for name in SCALES], scale),
        "number": _choice("Written as", [(name, name) for name in amounts.STYLES], style),
    }


def key_field(column: Column, plan: Plan | None) -> forms.Field:
    """The name that programs use."""
    metrics = {one.column: one.key for one in plan.metrics} if plan else {}
    dimensions = {one.column: one.key for one in plan.dimensions} if plan else {}
    return _text("Key", {**metrics, **dimensions}.get(column.name) or column_key(column.name), 64)


def column_key(name: str) -> str:
    """Small letters, digits and _ from a column's name."""
    base = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:56]
    return base if base[:1].isalpha() else f"c_{base}".rstrip("_")


def default_of(field: forms.Field) -> Any:
    """What an empty answer means."""
    return getattr(field, "when_empty", None) or field.initial


def written_plan(given: Sequence[Given], *, zero_days: bool, reading: dict[str, Any]) -> dict[str, Any]:
    """The plan as JSON data."""
    plan: dict[str, Any] = {"metrics": [], "dimensions": [], "review": None, "zero_days": zero_days, "reading": reading}
    review: dict[str, Any] = {}
    for column, role, chosen in given:
        if role == "date":
            zone = chosen.get("zone") or ""
            daily = dates.is_daily(chosen["format"]) or chosen.get("daily") == "day" or column.type == "date"
            plan["date"] = {"column": column.name, "format": chosen["format"], "daily": daily, "zone": zone}
        elif role == "metric":
            words = {name: str(chosen[name]) for name in ("key", "label", "kind", "number", "unit")}
            plan["metrics"].append({"column": column.name, "currency": column.currency, **words})
        elif role == "dimension":
            plan["dimensions"].append({"column": column.name, "key": str(chosen["key"])})
        elif role in REVIEW_ROLES:
            review[role] = column.name
            if role == "rating":
                review |= {"scale": str(chosen["scale"]), "number": str(chosen["number"])}
    if "text" in review:
        plan["review"] = review
    return plan


def _choice(label: str, choices: Sequence[tuple[str, str]], initial: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices), initial=initial or choices[0][0])


def _text(label: str, initial: str, longest: int) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, initial=initial)


def _asked(readings: list[tuple[str, str]], initial: str, when_empty: str) -> forms.ChoiceField:
    """A question with a few answers, none of them chosen for the person."""
    label = "This can be read in more than one way. Choose one"
    field = forms.ChoiceField(
        label=label,
        choices=readings,
        required=False,
        initial=initial,
        widget=forms.RadioSelect(attrs={"data-submits": ""}),
    )
    field.when_empty = when_empty  # type: ignore[attr-defined]
    return field


def _date_reading(column: Column, name: str) -> str:
    """``03/04/2026 is 3 April 2026 (DD/MM/YYYY)``, by the first value that tells the readings apart."""
    parsers = [dates.parser(one) for one in column.date_candidates]
    example = next((text for text in column.examples if len({_read(parse, text) for parse in parsers}) > 1), None)
    example = example or (column.examples[0] if column.examples else "")
    return f"{example} is {_read(dates.parser(name), example)} ({name})"


def _read(parse: dates.Parser, text: str) -> str:
    try:
        moment: date | datetime = parse(text)
    except dates.DateError:
        return "no date"
    return moment.strftime("%-d %B %Y %H:%M" if isinstance(moment, datetime) else "%-d %B %Y")


def _number_reading(column: Column, name: str) -> str:
    read = amounts.reader(name, column.currency)
    for example in column.examples:
        try:
            values = {amounts.reader(one, column.currency)(example) for one in column.number_candidates}
        except amounts.NumberError:
            continue
        if len(values) > 1:
            return f"{example} is {read(example):,.10g} ({name})"
    return name


def _units(own: str) -> list[str]:
    return list(dict.fromkeys([*_UNITS, *([own] if own else [])]))
