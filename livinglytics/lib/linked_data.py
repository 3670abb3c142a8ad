"""Structured data that pages carry as JSON-LD, as https://www.w3.org/TR/json-ld11/ embeds it in HTML.

Pure, nothing is fetched: the text of a page becomes the objects it declares. Anything may stand in a page, so
the small readers below take a value in every form it comes in, and give an empty one for what they cannot read.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from livinglytics.lib.hypertext import Hypertext, hypertext

Thing = dict[str, Any]
_KIND: Final = "application/ld+json"
#: what old templates put around a script's text
_BEFORE: Final = ("//", "<!--", "<![CDATA[")
_BEHIND: Final = ("-->", "]]>", "//", ";")


@dataclass(frozen=True, slots=True)
class Node:
    """One object wherever it stands: within ``parent`` as the value of its property ``via``, or at the top."""

    thing: Thing
    parent: Node | None = None
    via: str = ""


@dataclass(frozen=True, slots=True)
class LinkedData:
    """``objects``: what the page declares, with lists and ``@graph`` unrolled. ``problems``: unreadable blocks.

    A block that cannot be read is one sentence in ``problems``; the others are read all the same.
    """

    objects: tuple[Thing, ...]
    problems: tuple[str, ...] = ()
    _named: dict[str, Thing] = field(default_factory=dict, repr=False)

    def nodes(self) -> Iterator[Node]:
        """Every object of the page, each before what is inside it, in the order of the page."""
        waiting = [Node(one) for one in reversed(self.objects)]
        while waiting:
            node = waiting.pop()
            yield node
            inside = [Node(one, node, via) for via, value in node.thing.items() for one in things(value)]
            waiting.extend(reversed(inside))

    def resolve(self, value: Any) -> Thing:
        """The object, or the one that it names by ``@id`` alone; empty for what is none."""
        found = next(iter(things(value)), {})
        if is_reference(found):
            return self._named.get(str(found["@id"]), found)
        return found


def linked_data(page: str | Hypertext) -> LinkedData:
    """All JSON-LD of a page."""
    parts = hypertext(page) if isinstance(page, str) else page
    objects: list[Thing] = []
    problems: list[str] = []
    blocks = [one.text for one in parts.scripts if _kind(one.attributes.get("type", "")) == _KIND]
    for number, block in enumerate(blocks, start=1):
        if not block.strip():
            continue
        try:
            objects.extend(_top(_decoded(block)))
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep or too long"
            problems.append(f"JSON-LD block {number} of {len(blocks)} cannot be read: {why}.")
    found = LinkedData(tuple(objects), tuple(problems))
    for node in found.nodes():
        name = node.thing.get("@id")
        if isinstance(name, str) and not is_reference(node.thing):
            found._named.setdefault(name, node.thing)
    return found


def is_reference(thing: Thing) -> bool:
    """Does it only point to an object that stands elsewhere?"""
    return isinstance(thing.get("@id"), str) and not thing.keys() - {"@id", "@type", "@context"}


def each(value: Any) -> list[Any]:
    """A property's values: none, one or many, also wrapped as ``@list`` or ``@set``."""
    found: list[Any] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict) and ("@list" in one or "@set" in one):
            waiting.append(one.get("@list", one.get("@set")))
        elif one is not None:
            found.append(one)
    return found


def things(value: Any) -> list[Thing]:
    """Those of a property's values that are objects."""
    return [one for one in each(value) if isinstance(one, dict)]


def kinds(thing: Thing) -> frozenset[str]:
    """Its types as bare names: ``https://schema.org/Review`` and ``schema:Review`` are ``Review``."""
    return frozenset(re.split(r"[/#:]", one)[-1] for one in each(thing.get("@type")) if isinstance(one, str))


def text(value: Any) -> str:
    """The first text among the values, a number as it is written; empty for what has none."""
    for one in each(value):
        if isinstance(one, dict):
            one = one.get("@value")
        if isinstance(one, int | float) and not isinstance(one, bool):
            one = f"{one:.15g}" if isinstance(one, float) else str(one)
        if isinstance(one, str) and one.strip():
            return one.strip()
    return ""


def name(value: Any) -> str:
    """The first text among the values, or the ``name`` of the first object that has one."""
    named = (text(one.get("name")) for one in things(value))
    return text(value) or next((one for one in named if one), "")


def _kind(declared: str) -> str:
    return declared.partition(";")[0].strip().lower()


def _decoded(block: str) -> Any:
    """The block's JSON, also wrapped in a comment, with raw line breaks in texts, or escaped as HTML."""
    stripped = _unwrapped(block.strip())
    try:
        return json.loads(stripped, strict=False, parse_constant=lambda _: None)
    except json.JSONDecodeError:
        if "&quot;" not in stripped or '"' in stripped:
            raise
    return json.loads(html.unescape(stripped), strict=False, parse_constant=lambda _: None)


def _unwrapped(block: str) -> str:
    """The text without what stands around it; four layers at most."""
    for _ in range(4):
        for sign in _BEFORE:
            block = block.removeprefix(sign).lstrip()
        for sign in _BEHIND:
            block = block.removesuffix(sign).rstrip()
    return block


def _top(value: Any) -> Iterator[Thing]:
    """The objects of one block, in order: of a list, of ``@graph``, or the one it is."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            if "@graph" in one:
                waiting.append(one["@graph"])
            rest = {key: kept for key, kept in one.items() if key != "@graph"}
            if rest.keys() - {"@context", "@id"}:
                yield rest
