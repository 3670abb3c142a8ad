"""A pushed body as records to store and reasons to tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from livinglytics.lib.errors import NotFound
from sources.push import documents, metrics
from sources.push.body import Flaw, Parsed, Rejection, flaw_in, items
from sources.push.fields import ItemError

Reader = Callable[[Mapping[str, Any]], Iterable[dict[str, Any] | ItemError]]


def _document(item: Mapping[str, Any]) -> Iterable[dict[str, Any] | ItemError]:
    return (documents.record(item),)


_READERS: dict[str, Reader] = {"metrics": metrics.records, "documents": _document}
STREAMS = tuple(_READERS)


def parse(stream: str, body: bytes, *, gzipped: bool = False) -> Parsed:
    """Check everything in a body of ``metrics`` or ``documents``.

    Raises MalformedBody (400) and TooLarge (413) where nothing can be taken. Two records of one
    body that mean the same thing are not added up: the later one is refused and told why.
    """
    if stream not in _READERS:
        raise NotFound(f"There is no stream “{stream}”. Known are {' and '.join(STREAMS)}.")
    found = items(body, gzipped=gzipped)
    parsed = Parsed(items=len(found))
    taken: dict[str, int] = {}
    for index, item in enumerate(found):
        for one in _read(_READERS[stream], item):
            if isinstance(one, ItemError):
                parsed.rejected.append(Rejection(index, one.code, one.field, one.message))
            elif (key := external_id(stream, one)) in taken:
                parsed.rejected.append(_twice(stream, index, taken[key]))
            else:
                taken[key] = index
                parsed.accepted.append(one)
    return parsed


def external_id(stream: str, record: Mapping[str, Any]) -> str:
    """What an accepted record is stored under: a document's own id, or a hash of metric, time and dimensions."""
    if stream == "documents":
        return str(record["id"])
    named = [record["metric"], record.get("date") or record["at"], sorted(record["dimensions"].items())]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def _read(reader: Reader, item: Any) -> Iterable[dict[str, Any] | ItemError]:
    """Records and refusals of one item; an exception is a refusal of what is left of it."""
    try:
        if isinstance(item, Flaw):
            raise ItemError(item.code, item.field, item.message)
        if not isinstance(item, dict):
            raise ItemError("not_an_object", "", "An item must be a JSON object.")
        if flaw := flaw_in(item):
            raise ItemError(flaw.code, flaw.field, flaw.message)
        yield from reader(item)
    except ItemError as refused:
        yield refused


def _twice(stream: str, index: int, before: int) -> Rejection:
    if stream == "documents":
        return Rejection(index, "duplicate", "id", f"Item {before} has the same id. Send only the newest one.")
    message = f"Item {before} is the same metric at the same time and dimensions. Add them up, or add a dimension."
    return Rejection(index, "duplicate", "metric", message)
