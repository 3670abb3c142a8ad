"""What the rows of a stream are: numbers of events, numbers of days, or texts. As a person wrote it, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal, NoReturn, TypeVar

from livinglytics.lib.errors import Invalid
from sources.connectors._base import Metric
from sources.tabular import Converter, DateRole, Plan, ReviewRoles
from sources.tabular.plan import KEY, SCALES

_KINDS = ("review", "comment", "post")
_MOST_DIMENSIONS = 10
#: the names of a text's parts, in the order of the cells that are handed to the converter
PARTS = ("created_at", "id", "text", "title", "author", "rating", "language", "url")


@dataclass(frozen=True)
class NumberRule:
    """A number in each row. Field names may be paths with dots; ``value`` and ``n`` may be numbers themselves.

    ``rows``: of "events" the numbers of a day are added up over a whole pass; of "days" a row is the number of
    its day and dimensions already. ``dimensions`` is {name: field}.
    """

    metric: str
    at: str
    value: str | float = 1
    n: str | int = 1
    dimensions: Mapping[str, str] = field(default_factory=dict)
    rows: Literal["events", "days"] = "events"
    fold: Literal["sum", "mean"] = "sum"
    label: str = ""

    def declared(self) -> Metric:
        """The metric as the catalog should know it."""
        label = self.label or self.metric.replace(".", " ").replace("_", " ").capitalize()
        return Metric(self.metric, label, self.fold)


@dataclass(frozen=True)
class TextRule:
    """A text in each row; each part names a field, and ``rating_scale`` and ``as_kind`` are words."""

    id: str
    created_at: str
    text: str
    title: str = ""
    author: str = ""
    rating: str = ""
    rating_scale: str = "1-5"
    language: str = ""
    url: str = ""
    as_kind: str = "review"

    def converter(self) -> Converter:
        """Reads cells in the order of ``PARTS``; the time is ISO 8601 with its zone."""
        named = {name: name for name in PARTS[1:] if getattr(self, name)}
        roles = ReviewRoles(**named, scale=self.rating_scale)
        date = DateRole("created_at", "YYYY-MM-DDTHH:MM:SSZ", daily=False)
        return Converter(Plan(date, review=roles), PARTS, "UTC")


Rule = NumberRule | TextRule
_Rule = TypeVar("_Rule", NumberRule, TextRule)
Rules = Mapping[str, tuple[Rule, ...]]


@lru_cache(maxsize=64)
def rules_of(text: str) -> Rules:
    """Stream -> its rules, in the order written. Raises Invalid that names the field ``mapping``."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        refuse('The mapping is no JSON object. It looks like {"orders": {"kind": "metric", …}}.')
    rules = {stream: _of_stream(stream, given) for stream, given in found.items()}
    keys = [one.metric for several in rules.values() for one in several if isinstance(one, NumberRule)]
    twice = next((key for key in keys if keys.count(key) > 1), "")
    if twice:
        refuse(f"The metric {twice} is mapped twice. Each mapping needs a metric of its own.")
    return rules


def refuse(message: str) -> NoReturn:
    """Invalid at the field ``mapping``."""
    raise Invalid(message, details={"mapping": [message]})


def summed(rules: tuple[Rule, ...]) -> tuple[NumberRule, ...]:
    """Those whose rows have to be added up."""
    return tuple(one for one in rules if isinstance(one, NumberRule) and one.rows == "events")


def row_by_row(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Those for which a row stands by itself."""
    return tuple(one for one in rules if isinstance(one, TextRule) or one.rows == "days")


def _of_stream(stream: str, given: Any) -> tuple[Rule, ...]:
    several = given if isinstance(given, list) else [given]
    rules = tuple(_rule(stream, one) for one in several)
    if sum(isinstance(one, TextRule) for one in rules) > 1:
        refuse(f"{stream} is mapped to documents twice.")
    return rules


def _rule(stream: str, given: Any) -> Rule:
    if not isinstance(given, dict) or given.get("kind") not in ("metric", "document"):
        refuse(f'{stream} needs a "kind": "metric" or "document".')
    parts = {("as_kind" if name == "as" else name): value for name, value in given.items() if name != "kind"}
    return _number(stream, parts) if given["kind"] == "metric" else _text(stream, parts)


def _number(stream: str, parts: dict[str, Any]) -> NumberRule:
    split = parts.get("dimensions") or {}
    if isinstance(split, list):
        split = {one: one for one in split if isinstance(one, str)}
    rule = _made(NumberRule, stream, {**parts, "dimensions": split}, loose=("value", "n", "dimensions"))
    if not isinstance(split, dict) or not all(isinstance(one, str) for one in split.values()):
        refuse(f"{stream}: dimensions is a list of fields, or an object of names and fields.")
    for key in (rule.metric, *split):
        if not KEY.fullmatch(key):
            refuse(f"{stream}: {key!r} is no key: small letters, digits, _ and dots only, beginning with a letter.")
    if len(split) > _MOST_DIMENSIONS:
        refuse(f"{stream}: at most {_MOST_DIMENSIONS} dimensions.")
    if isinstance(rule.value, bool) or not isinstance(rule.value, str | int | float):
        refuse(f"{stream}: value is a field or a number.")
    if isinstance(rule.n, bool) or not isinstance(rule.n, str | int) or (isinstance(rule.n, int) and rule.n < 1):
        refuse(f"{stream}: n is a field or a whole number of at least 1.")
    if rule.rows not in ("events", "days") or rule.fold not in ("sum", "mean"):
        refuse(f'{stream}: rows is "events" or "days", fold is "sum" or "mean".')
    return rule


def _text(stream: str, parts: dict[str, Any]) -> TextRule:
    rule = _made(TextRule, stream, parts)
    if rule.rating_scale not in SCALES:
        refuse(f"{stream}: {rule.rating_scale!r} is no rating scale; choose one of {', '.join(SCALES)}.")
    if rule.as_kind not in _KINDS:
        refuse(f'{stream}: "as" is one of {", ".join(_KINDS)}.')
    return rule


def _made(kind: type[_Rule], stream: str, parts: dict[str, Any], loose: tuple[str, ...] = ()) -> _Rule:
    known = {one.name for one in fields(kind)}
    for name, value in parts.items():
        if name not in known:
            refuse(f"{stream} has an unknown part {name!r}.")
        if name not in loose and not isinstance(value, str):
            refuse(f"{stream}: {name} is a text.")
    try:
        rule = kind(**parts)
    except TypeError:
        refuse(f"{stream} misses a part: a metric needs metric and at, a document id, created_at and text.")
    if any(getattr(rule, name) == "" for name in ("metric", "at", "id", "created_at", "text") if name in known):
        refuse(f"{stream} has an empty part.")
    return rule
