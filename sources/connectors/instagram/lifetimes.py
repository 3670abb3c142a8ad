"""Numbers of one post or story since it was published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._values import number, thing, words
from sources.connectors.instagram.refusals import Unsupported
from sources.connectors.instagram.service import Service

_LARGEST = 10**15


class Lifetimes:
    """Asks for all metrics of a thing in one; ``lacking`` remembers which ones a kind of thing does not have."""

    def __init__(self, service: Service, kept: Any) -> None:
        self.service = service
        self.lacking = {
            str(kind): [str(one) for one in names] for kind, names in thing(kept).items() if isinstance(names, list)
        }
        self.as_totals: set[tuple[str, ...]] = set()
        self.warnings: list[str] = []

    def of(self, name: str, kind: str, metrics: Sequence[str]) -> dict[str, float]:
        """Instagram's names -> numbers; what it leaves out is missing. Raises what a refusal of the whole means."""
        asked = [one for one in metrics if one not in self.lacking.get(kind, ())]
        if not asked:
            return {}
        try:
            return self._read(name, kind, asked)
        except Unsupported:
            return self._one_by_one(name, kind, asked)

    def _one_by_one(self, name: str, kind: str, asked: Sequence[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        refused: list[str] = []
        for metric in asked:
            try:
                found |= self._read(name, kind, [metric])
            except Unsupported:
                refused.append(metric)
        if found and refused:
            # where everything is refused, it is this one thing that is odd, not its kind
            self.lacking[kind] = [*self.lacking.get(kind, ()), *refused]
            self.warnings.append(f"Instagram has no {', '.join(refused)} for {kind}: left out.")
        elif refused:
            self.warnings.append(f"Instagram has no numbers for {name}, which it calls {kind}.")
        return found

    def _read(self, name: str, kind: str, metrics: Sequence[str]) -> dict[str, float]:
        """Plainly, or as totals where Instagram says that these can be had no other way."""
        mark = (kind, *metrics)
        how = "total_value" if mark in self.as_totals else None
        try:
            body = self.service.get(f"{name}/insights", metric=",".join(metrics), metric_type=how)
        except Unsupported as why:
            if how or "metric_type=total_value" not in why.message:
                raise
            self.as_totals.add(mark)
            return self._read(name, kind, metrics)
        if not isinstance(rows := body.get("data"), list):
            raise BadAnswer("Instagram sent no list of insights. If it stays, its service has changed.")
        found: dict[str, float] = {}
        for row in map(thing, rows):
            values = row.get("values")
            sent = thing(values[-1]).get("value") if isinstance(values, list) and values else None
            total = thing(row.get("total_value")).get("value") if sent is None else sent
            count = number(total, 0, _LARGEST)
            if count is not None and words(row.get("name")) in metrics:
                found[words(row.get("name"))] = count
        return found
