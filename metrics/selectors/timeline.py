"""Metrics over time as a plain list of days, the way the first Living Lytics gave them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metrics.query.engine import ask
from metrics.query.model import Answer, Workspace
from metrics.query.request import Asked


@dataclass(frozen=True, slots=True)
class Timeline:
    """``rows``: {date, <metric>: value or null, states: {<metric>: state}} per bucket, oldest first."""

    rows: list[dict[str, Any]]
    answer: Answer


def timeline(workspace: Workspace, asked: Asked, *, now: datetime | None = None) -> Timeline:
    """One row per bucket of the asked grain. A missing day is null, never zero."""
    answer = ask(workspace, asked.query, now=now)
    keys = [one.key for one in answer.definitions]
    rows = [
        {"date": row.time}
        | {key: value.value for key, value in zip(keys, row.values, strict=True)}
        | {"states": {key: value.state for key, value in zip(keys, row.values, strict=True)}}
        for row in answer.rows
    ]
    return Timeline(rows, answer)
