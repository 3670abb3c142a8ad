"""The field expansion of the Graph API: ``id,text,replies.limit(2){id,text}``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_ONE = re.compile(r"(?P<name>[a-z_]+)(?P<hows>(\.[a-z]+\([^)]*\))*)(?P<open>\{)?")
_USUAL = 25


def picked(found: dict[str, Any], fields: str, paged: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Only what was asked for, and always the id. A list inside comes with ``paged``, and not at all when empty."""
    chosen: dict[str, Any] = {"id": found["id"]} if "id" in found else {}
    for name, how, inner in parsed(fields):
        value = found.get(name)
        if isinstance(value, list):
            if value:
                size = re.search(r"\.limit\((\d+)\)", how)
                page = paged(value, int(size[1]) if size else _USUAL)
                chosen[name] = {**page, "data": [picked(one, inner or "id", paged) for one in page["data"]]}
        elif isinstance(value, dict) and inner:
            chosen[name] = picked(value, inner, paged)
        elif value is not None:
            chosen[name] = value
    return chosen


def parsed(fields: str) -> list[tuple[str, str, str]]:
    """Name, modifiers and inner fields of each."""
    found, place = [], 0
    while place < len(fields):
        match = _ONE.match(fields, place)
        if match is None:
            place += 1
            continue
        place, inner = match.end(), ""
        if match["open"]:
            depth, start = 1, place
            while depth:
                depth += {"{": 1, "}": -1}.get(fields[place], 0)
                place += 1
            inner = fields[start : place - 1]
        found.append((match["name"], match["hows"], inner))
    return found
