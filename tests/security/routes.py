"""What the registries of addresses are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

Ids = Mapping[str, Any]
Body = Callable[[Ids], Any]
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Call:
    """One way to call an address that works for the owner of what is named.

    ``ok``: the answer's status then. ``least``: the least role that may; "" is everybody, also signed out.
    ``scope``: what an API token needs, separated by blanks; None where no token may.
    """

    method: str
    body: Body | None = None
    ok: int = 200
    query: str = ""
    least: str = "viewer"
    scope: str | None = None
    kind: str = "application/json"
    #: the answer names what the caller named: not a leak
    given: bool = False


@dataclass(frozen=True)
class Route:
    """An address of the URL table. ``path``: name in the address → key of the world's ids."""

    pattern: str
    calls: tuple[Call, ...]
    path: Mapping[str, str] = field(default_factory=dict)


def walk(patterns: list[Any] | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address with its pattern as it stands in the URL table."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        whole = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, whole)
        else:
            yield whole, one


def filled(pattern: str, values: Mapping[str, Any]) -> str:
    """The address with values for its parts."""
    for name, value in values.items():
        for kind in ("uuid", "slug", "str", "path", "int"):
            pattern = pattern.replace(f"<{kind}:{name}>", str(value))
    assert "<" not in pattern, f"{pattern} has a part without a value"
    return f"/{pattern}"


def get(query: str = "", **more: Any) -> Call:
    return Call("GET", query=query, **more)


def post(body: Body | None = None, **more: Any) -> Call:
    more.setdefault("least", "member")
    return Call("POST", body, **more)
