"""What a tap offers, and the selection of it that is handed back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._values import thing
from sources.connectors.singer.process import Tap
from sources.connectors.singer.workplace import Workplace

#: bytes of a catalog; a tap of a database with thousands of tables stays below
_LARGEST = 50_000_000


@dataclass(frozen=True)
class Catalog:
    """The streams as the tap described them. ``names`` are their ids in the order of the tap."""

    entries: tuple[dict[str, Any], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(_name(one) for one in self.entries)

    def name_of(self, stream: str) -> str:
        """The id of the stream that a message calls ``stream``."""
        if stream in self.names:
            return stream
        return next((_name(one) for one in self.entries if one.get("stream") == stream), stream)

    def selecting(self, chosen: Collection[str]) -> dict[str, Any]:
        """The catalog with these streams switched on, with all of their fields, and the others off."""
        return {"streams": [_switched(one, on=_name(one) in chosen) for one in self.entries]}


def discovered(place: Workplace, cancelled: Callable[[], bool], *, within: float) -> Catalog | None:
    """Ask the tap what it offers; None when somebody cancelled. Raises BadAnswer when it gives no catalog."""
    sent, size = [], 0
    with Tap(place, ["--discover"], cancelled, within=within) as tap:
        for line in tap.lines():
            sent.append(line)
            size += len(line)
            if size > _LARGEST:
                raise _no_catalog("The tap's catalog is too large to be read.")
        if tap.stopped:
            return None
    try:
        streams = json.loads(b"\n".join(sent)).get("streams")
    except (ValueError, AttributeError, RecursionError):
        streams = None
    if not isinstance(streams, list):
        raise _no_catalog(
            "The tap answers --discover without a catalog. Only taps that can be asked for one work here."
        )
    entries = tuple(one for one in streams if isinstance(one, dict) and _name(one))
    if not entries:
        raise _no_catalog("The tap offers no streams with this config.")
    return Catalog(entries)


def _no_catalog(message: str) -> BadAnswer:
    return BadAnswer(message, details={"tap": [message]})


def _name(entry: dict[str, Any]) -> str:
    found = entry.get("tap_stream_id") or entry.get("stream")
    return found if isinstance(found, str) else ""


def _switched(entry: dict[str, Any], *, on: bool) -> dict[str, Any]:
    """Old taps look at the schema for what is selected, newer ones at the metadata."""
    made = copy.deepcopy(entry)
    metadata = [one for one in made.get("metadata") or [] if isinstance(one, dict)]
    if not any(one.get("breadcrumb") == [] for one in metadata):
        metadata.append({"breadcrumb": [], "metadata": {}})
    for one in metadata:
        known = thing(one.get("metadata"))
        if one.get("breadcrumb") == [] or (on and known.get("inclusion") != "unsupported"):
            one["metadata"] = {**known, "selected": on}
    made["metadata"], made["selected"] = metadata, on
    if isinstance(made.get("schema"), dict):
        made["schema"]["selected"] = on
    return made
