"""One call as the proxy tells it, and the sums of many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sources.connectors._values import instant, number, thing, whole, words

#: what stands where the proxy tells nothing, and for all that is too much to be told apart
UNKNOWN: Final = "(not set)"
OTHER: Final = "(other)"
#: so many combinations of model, provider and split are told apart on a day
MOST_CELLS: Final = 300
#: setting -> name of the dimension, and the field of a call's metadata that names it
SPLITS: Final = {"team": ("team", "user_api_key_team_alias"), "key": ("key", "user_api_key_alias")}

Key = tuple[str, str, str]
#: calls, failed, cost in US dollars, tokens, milliseconds …; what no call told is absent
Cell = dict[str, float]


@dataclass(frozen=True, slots=True)
class Call:
    """``name`` tells calls apart; ``key`` is model, provider and split; ``amounts`` what there is to add up."""

    name: str
    at: datetime
    key: Key
    amounts: Mapping[str, float]


def name_of(row: Any) -> str:
    """The id by which a call is known again: the one the proxy stores it under.

    ``litellm_call_id`` comes from the caller and may be used for several calls, so it only stands in.
    """
    row = thing(row)
    return words(row.get("request_id")) or words(row.get("litellm_call_id"))


def read(row: Any, split: str) -> Call | None:
    """One row of the list; None where its time or id can't be read."""
    row = thing(row)
    name, at = name_of(row), _moment(row.get("startTime"))
    return Call(name, at, _key(row, split), _amounts(row)) if name and at else None


def sample(row: Any) -> dict[str, str]:
    """Of a row that can't be read, what helps to find it and is about nobody."""
    return {name: str(thing(row).get(name))[:100] for name in ("request_id", "startTime", "model", "status")}


def _moment(value: Any) -> datetime | None:
    """A time that is written without its zone is UTC, as all of LiteLLM's are."""
    if found := instant(value):
        return found
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else None
    except ValueError:
        return None


def _key(row: dict[str, Any], split: str) -> Key:
    provider = words(row.get("custom_llm_provider"))[:60]
    model = words(row.get("model"))[:100] or words(row.get("model_group"))[:100]
    if provider and model.startswith(f"{provider}/"):
        model = model.removeprefix(f"{provider}/")
    return model or UNKNOWN, provider or UNKNOWN, _group(row, split)


def _group(row: dict[str, Any], split: str) -> str:
    if split not in SPLITS:
        return ""
    metadata = row.get("metadata")
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except (ValueError, RecursionError):
            metadata = None
    alias = words(thing(metadata).get(SPLITS[split][1]))
    return (alias or (words(row.get("team_id")) if split == "team" else ""))[:100] or UNKNOWN


def _amounts(row: dict[str, Any]) -> dict[str, float]:
    """A failed call has no time, cost and tokens where LiteLLM writes 0 for them: it knows none."""
    failed = words(row.get("status")).lower() == "failure"
    told = {
        "cost": number(row.get("spend"), -1e9, 1e9),
        "input": whole(row.get("prompt_tokens")),
        "output": whole(row.get("completion_tokens")),
        "tokens": whole(row.get("total_tokens")),
    }
    found: dict[str, float] = {"calls": 1, "failed": int(failed)}
    found |= {name: value for name, value in told.items() if value or (value is not None and not failed)}
    millis = number(row.get("request_duration_ms"), 0, 1e9)
    if millis is not None and not failed:
        found |= {"millis": millis, "timed": 1}
    hit = {"true": 1, "false": 0}.get(str(row.get("cache_hit")).lower())
    return found if hit is None else found | {"hits": hit, "looked": 1}


class Tally:
    """Sums by model, provider and split; what comes after the first ``MOST_CELLS`` of them is put together."""

    def __init__(self, rows: Iterable[Any] = ()) -> None:
        self.cells: dict[Key, Cell] = {}
        for row in rows:
            self.add(*_cell(thing(row)))

    def add(self, key: Key, amounts: Mapping[str, float]) -> None:
        """Count a call, or many at once."""
        if key not in self.cells and len(self.cells) >= MOST_CELLS:
            key = (OTHER, OTHER, OTHER if key[2] else "")
        cell = self.cells.setdefault(key, {})
        for name, value in amounts.items():
            cell[name] = cell.get(name, 0) + value

    def merge(self, other: Tally) -> None:
        """Count all that another one counted."""
        for key, cell in other.cells.items():
            self.add(key, cell)

    def rows(self) -> list[dict[str, Any]]:
        """As JSON that another tally goes on from."""
        return [{"model": key[0], "provider": key[1], "split": key[2], **cell} for key, cell in self.cells.items()]

    def rounded(self) -> list[dict[str, Any]]:
        """As JSON, the same for the same calls in whatever order they came."""
        found = [
            {name: round(one, 9) if isinstance(one, float) else one for name, one in row.items()} for row in self.rows()
        ]
        return sorted(found, key=lambda row: (row["model"], row["provider"], row["split"]))

    @property
    def known(self) -> set[str]:
        """The amounts that any call told."""
        return {name for cell in self.cells.values() for name in cell}

    @property
    def calls(self) -> int:
        return int(sum(cell.get("calls", 0) for cell in self.cells.values()))


def _cell(row: dict[str, Any]) -> tuple[Key, Cell]:
    key = (str(row.get("model")), str(row.get("provider")), str(row.get("split") or ""))
    texts = ("model", "provider", "split")
    return key, {name: value for name, value in row.items() if name not in texts and isinstance(value, int | float)}
