"""JSON in and out: fast out, strict in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any, Final

import orjson
from django.conf import settings
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from livinglytics.lib.errors import TooLarge

DEEPEST: Final = 100
#: commas and colons in one body: a million keys cost seconds and hundreds of megabytes before any view sees them
MOST_PARTS: Final = 250_000
_OUT: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY
#: the escape itself, not an escaped backslash before the letters u0000
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_ANYTHING: Final = "*/*"
_LARGEST_FLOAT: Final = float("1.7976931348623157e308")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | Promise):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, frozenset | set):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


class FastJSONRenderer(JSONRenderer):
    """JSON by orjson. A Decimal is text, a NaN is null, a time is UTC with a Z."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=_plain, option=_OUT)


class QuickNegotiation(DefaultContentNegotiation):
    """The first renderer for a caller who takes anything; whoever asks for something in particular is heard out."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        meta = request._request.META
        if meta.get("HTTP_ACCEPT", _ANYTHING) == _ANYTHING and "format" not in meta.get("QUERY_STRING", ""):
            first = next(iter(renderers))
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)


class StrictJSONParser(JSONParser):
    """One JSON value, or 400 with the reason: no repeated keys, no NaN, no NUL, no half characters, not too deep."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit: int = settings.MAX_BODY_BYTES
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit:,} bytes. Send it in parts.")
        return strict_json(raw)


def strict_json(raw: bytes) -> Any:
    """The value, or ParseError saying what is wrong with the text, or TooLarge."""
    if raw.count(b",") + raw.count(b":") > MOST_PARTS:
        raise TooLarge("The JSON holds too many values. Send it in parts.")
    try:
        # refuses bad UTF-8, half surrogates, NaN and deep nesting before the slower reader sees them
        orjson.loads(raw)
        value = json.loads(raw, object_pairs_hook=_without_repeats, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as error:
        raise ParseError("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise ParseError(f"This is not valid JSON: {error}.") from error
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise ParseError(f"The JSON is nested deeper than {DEEPEST} levels.")
    if _NUL.search(raw):
        raise ParseError("Text must not contain the character NUL (\\u0000).")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The key “{twice[:80]}” appears twice in one object.")
    return made


def _no_constant(name: str) -> Any:
    raise ParseError(f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if abs(number) > _LARGEST_FLOAT:
        raise ParseError(f"The number {text[:40]} is too large.")
    return number


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        containers = [one for one in level if isinstance(one, dict | list)]
        level = [
            inner
            for one in containers
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if depth > DEEPEST:
            break
    return depth
