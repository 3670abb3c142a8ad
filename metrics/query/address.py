"""The address form of a question: every key as text, lists by commas, filters as ``country:is:DE,FR``."""

from __future__ import annotations

import json
from typing import Any

from django.http import QueryDict

from livinglytics.lib.errors import Invalid
from metrics.query.filters import OPS

_LISTS = {"metrics": "metrics", "metric": "metrics", "dimensions": "dimensions", "by": "dimensions"}
_COMPARING = ("compare", "match", "period")
_FLAGS = {"1": True, "true": True, "0": False, "false": False}


def body_of(params: QueryDict) -> dict[str, Any]:
    """The same question as a JSON body; keys that mean nothing stay in it as they are. Raises Invalid for filters."""
    body: dict[str, Any] = {}
    for key in params:
        value = str(params[key])
        if key in _LISTS:
            names = [one for text in params.getlist(key) for one in text.split(",") if one]
            body.setdefault(_LISTS[key], []).extend(names)
        elif key == "order_by":
            body[key] = [_pair(one) for text in params.getlist(key) for one in text.split(",") if one]
        elif key == "limit":
            body[key] = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else value
        elif key == "include_today":
            body[key] = _FLAGS.get(value.lower(), value)
        elif key not in ("f", "filters", *_COMPARING):
            body[key] = value or None
    return body | _comparison(params) | _filters(params)


def _pair(text: str) -> list[str]:
    name, _, direction = text.partition(":")
    return [name, direction or "asc"]


def _comparison(params: QueryDict) -> dict[str, Any]:
    """compare, match and period as one object; ``none``, or a match alone, compare with nothing."""
    kind, match, period = (params.get(name, "") for name in _COMPARING)
    if match not in ("", "weekday", "date"):
        raise Invalid("Comparisons match by weekday or by date.", details={"match": ["Give weekday or date."]})
    if "," in kind:
        kind, period = "custom", kind
    if not kind or kind == "none":
        return {}
    return {"compare": {"kind": kind} | ({"match": match} if match else {}) | ({"period": period} if period else {})}


def _filters(params: QueryDict) -> dict[str, Any]:
    found: list[Any] = []
    if raw := params.get("filters"):
        try:
            found.append(json.loads(raw))
        except (ValueError, RecursionError):
            message = 'Write filters as JSON, such as ["is","country",["DE"]].'
            raise Invalid(message, details={"filters": [message]}) from None
    for text in params.getlist("f"):
        try:
            found.append(filter_of(text))
        except Invalid as error:
            raise Invalid(error.message, details={"f": [error.message]}) from None
    return {"filters": found} if found else {}


def filter_of(text: str) -> list[Any]:
    """``country:is:DE,FR`` as a filter. A comma inside a value is written %2C, a percent sign %25."""
    dimension, _, rest = text.partition(":")
    op, _, joined = rest.partition(":")
    values = [one.replace("%2C", ",").replace("%25", "%") for one in joined.split(",") if one]
    if not dimension or op not in OPS or not values:
        raise Invalid(f"The filter “{text[:60]}” can't be read; it looks like country:is:DE.")
    return [op, dimension, values]
