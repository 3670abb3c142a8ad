"""Filters over dimensions: ``is``, ``is_not``, ``contains``, ``contains_not`` joined by and, or, not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from livinglytics.lib.errors import Invalid

Op = Literal["is", "is_not", "contains", "contains_not"]
OPS: tuple[Op, ...] = ("is", "is_not", "contains", "contains_not")
_DEPTH = 5
_VALUES = 200


@dataclass(frozen=True, slots=True)
class Test:
    """One condition on one dimension; a value of the dimension matches if any of ``values`` does."""

    __test__ = False

    op: Op
    dimension: str
    values: tuple[str, ...]

    def accepts(self, dimensions: Mapping[str, str]) -> bool:
        """Whether a series with these dimensions is in; a dimension it lacks is "(not set)"."""
        value = dimensions.get(self.dimension, "(not set)")
        if self.op in ("is", "is_not"):
            return (value in self.values) == (self.op == "is")
        found = any(part.lower() in value.lower() for part in self.values)
        return found == (self.op == "contains")

    def dimensions(self) -> frozenset[str]:
        return frozenset({self.dimension})


@dataclass(frozen=True, slots=True)
class All:
    """Every part accepts; none at all accepts everything."""

    parts: tuple[Filter, ...] = ()

    def accepts(self, dimensions: Mapping[str, str]) -> bool:
        return all(part.accepts(dimensions) for part in self.parts)

    def dimensions(self) -> frozenset[str]:
        return frozenset().union(*(part.dimensions() for part in self.parts))


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part accepts."""

    parts: tuple[Filter, ...]

    def accepts(self, dimensions: Mapping[str, str]) -> bool:
        return any(part.accepts(dimensions) for part in self.parts)

    def dimensions(self) -> frozenset[str]:
        return frozenset().union(*(part.dimensions() for part in self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not accept."""

    part: Filter

    def accepts(self, dimensions: Mapping[str, str]) -> bool:
        return not self.part.accepts(dimensions)

    def dimensions(self) -> frozenset[str]:
        return self.part.dimensions()


Filter = Test | All | Either | Not
EVERYTHING = All()


def parse(raw: Any, depth: int = 0) -> Filter:
    """A filter from its JSON form: ``["is", "country", ["DE"]]``, ``["and", [...]]``, ``["not", ...]``.

    A plain list of filters means all of them. Raises Invalid with the place at fault.
    """
    if depth > _DEPTH:
        raise _bad("Filters can be nested five deep.")
    if not isinstance(raw, list):
        raise _bad('A filter is a list such as ["is", "country", ["DE"]].')
    if not raw or isinstance(raw[0], list):
        return All(tuple(parse(part, depth + 1) for part in raw))
    return _operation(raw, depth)


def _operation(raw: list[Any], depth: int) -> Filter:
    op = raw[0]
    if op in ("and", "or") and len(raw) == 2 and isinstance(raw[1], list):
        parts = tuple(parse(part, depth + 1) for part in raw[1])
        return All(parts) if op == "and" else Either(parts)
    if op == "not" and len(raw) == 2:
        return Not(parse(raw[1], depth + 1))
    if op in OPS and len(raw) == 3:
        return Test(op, _dimension(raw[1]), _values(raw[2]))
    raise _bad(f"“{str(op)[:40]}” is not a filter. Use is, is_not, contains, contains_not, and, or, not.")


def _dimension(raw: Any) -> str:
    if not isinstance(raw, str) or not raw or len(raw) > 60:
        raise _bad("A filter names one dimension.")
    return raw


def _values(raw: Any) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    if not values or len(values) > _VALUES or not all(isinstance(one, str | int | float) for one in values):
        raise _bad(f"A filter takes 1 to {_VALUES} values.")
    return tuple(str(one) for one in values)


def _bad(message: str) -> Invalid:
    return Invalid(message, details={"filters": [message]})


def as_json(where: Filter) -> list[Any]:
    """The JSON form, for the echo of a query and for saved questions."""
    match where:
        case Test(op, dimension, values):
            return [op, dimension, list(values)]
        case Either(parts):
            return ["or", [as_json(part) for part in parts]]
        case Not(part):
            return ["not", as_json(part)]
        case All(parts):
            return [as_json(part) for part in parts]
