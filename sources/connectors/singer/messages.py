"""The lines of a tap: SCHEMA, RECORD and STATE, and what is none of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.errors import BadAnswer
from livinglytics.lib.text import excerpt
from sources.connectors._base import Rejected
from sources.connectors._values import thing, words


@dataclass(frozen=True, slots=True)
class Schema:
    """What a stream's rows are known by. ``keys`` is empty where the tap names none."""

    stream: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a stream."""

    stream: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """What a tap wants to be told next time: all rows that came before it have been sent."""

    value: Mapping[str, Any]


Message = Schema | Record | Place | Rejected | None


def message(line: str) -> Message:
    """What a line says; None for kinds that mean nothing here. Raises BadAnswer for rows that come by other ways."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return _refused(line, "This line is no JSON. A tap may only write Singer messages to its output.")
    kind, stream = thing(found).get("type"), words(thing(found).get("stream"))
    if kind == "STATE":
        value = found.get("value")
        return Place(value) if isinstance(value, dict) else _refused(line, "This STATE is no JSON object.")
    if kind in ("RECORD", "SCHEMA") and not stream:
        return _refused(line, f"This {kind} names no stream.")
    if kind == "SCHEMA":
        keys = found.get("key_properties") or []
        named = isinstance(keys, list) and all(isinstance(one, str) for one in keys)
        return Schema(stream, tuple(keys)) if named else _refused(line, "This SCHEMA has no list of key_properties.")
    if kind == "RECORD":
        row = found.get("record")
        return Record(stream, row) if isinstance(row, dict) else _refused(line, "This RECORD has no row.")
    if kind == "BATCH":
        raise BadAnswer("The tap sends its rows in files (BATCH). Take batch_config out of its config.")
    return None if isinstance(kind, str) else _refused(line, "This line is no Singer message.")


def identity(row: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """What a row is known by: its key, or without one its content. Empty when a part of the key is missing."""
    if not keys:
        content = json.dumps(row, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:32]
    values = [row.get(one) for one in keys]
    if any(value is None or value == "" for value in values):
        return ""
    single = values[0] if len(values) == 1 and isinstance(values[0], str) else None
    shown = single or json.dumps(values[0] if len(values) == 1 else values, sort_keys=True, ensure_ascii=False)
    return shown.encode("utf-8", "backslashreplace").decode()


def _refused(line: str, reason: str) -> Rejected:
    name = hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()[:16]
    return Rejected(f"line:{name}", reason, {"line": excerpt(line, 500)})
