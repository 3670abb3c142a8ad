"""Any Singer tap as a source: a program that the operator allows, whose rows are kept and counted under a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors.singer.catalog import discovered
from sources.connectors.singer.job import Job
from sources.connectors.singer.mapping import NumberRule, TextRule, row_by_row, rules_of
from sources.connectors.singer.reading import ROTATED, Reading
from sources.connectors.singer.rows import document, point
from sources.connectors.singer.totals import Totals
from sources.records import MetricPoint, Record

_TAP = Stream("tap", "Rows", "documents", "Rows as the tap sends them, read on from its last STATE.")
_TOTALS = Stream("totals", "Daily totals", "metrics", "Numbers added up over a whole pass without STATE.")
#: seconds for the tap to describe itself while somebody waits
PATIENCE = 9.0


@dataclass(frozen=True)
class SingerConfig:
    """Which tap, with which settings of its own, and what its rows mean."""

    tap: str = option(
        "Tap", help="A name that the operator allowed in SINGER_TAPS. Unless one is listed there, none can be run."
    )
    config: str = option("Config", default="", kind="secret", help="The tap's own config as JSON. All of it is sealed.")
    streams: tuple[str, ...] = option(
        "Streams", default=(), kind="lines", help="Names of streams, one per line. Empty means all that the tap offers."
    )
    mapping: str = option(
        "Mapping",
        default="",
        help="JSON that says what the rows of each stream are. Streams without one are stored and not counted.",
        placeholder='{"orders": {"kind": "metric", "metric": "orders", "at": "created_at"}}',
    )


@connectors.add
class SingerConnector(Connector):
    """Runs a tap twice at most: for rows that stand by themselves, and for numbers that have to be added up."""

    key = "singer"
    label = "Singer tap"
    summary = "Any program that speaks the Singer format, once the operator allows it."
    category = "web"
    icon = "terminal"
    config = SingerConfig
    streams = (_TAP, _TOTALS)

    def streams_for(self, config: SingerConfig) -> tuple[Stream, ...]:
        """Raises Invalid that names the field at fault."""
        job = Job.of(config)
        names = job.wanted or ("",)
        rows = any(not job.rules.get(one) or row_by_row(job.rules[one]) for one in names)
        return (*((_TAP,) if rows else ()), *((_TOTALS,) if job.added_up else ()))

    def metrics_for(self, config: SingerConfig) -> tuple[Metric, ...]:
        """The metrics of the mapping."""
        rules = (one for several in rules_of(config.mapping).values() for one in several)
        return tuple(one.declared() for one in rules if isinstance(one, NumberRule))

    def check(self, ctx: Context, config: SingerConfig) -> Checked:
        """Asks the tap what it offers; ``details`` hold the names of its streams. No row is read."""
        job = Job.of(config)
        with job.place(ctx) as place:
            catalog = discovered(place, ctx.cancelled, within=PATIENCE)
            rotated = place.rewritten()
        if catalog is None:
            return Checked(False, "The check was cancelled.")
        job.insist_on(catalog)
        details: dict[str, Any] = {"streams": list(catalog.names)[:200]}
        if rotated:
            details["warnings"] = [ROTATED]
        count = len(catalog.names)
        message = f"The tap offers {count} stream{'s' if count != 1 else ''}: {', '.join(catalog.names[:10])}."
        return Checked(True, message, identity=config.tap, details=details)

    def read(self, ctx: Context, config: SingerConfig, stream: str, state: State) -> Iterator[Batch]:
        """``tap``: rows after the last STATE. ``totals``: a whole pass, however often it was read before."""
        job = Job.of(config)
        work = Totals(ctx, job, state) if stream == _TOTALS.key else Reading(ctx, job, state)
        yield from work.batches()

    def map(self, stream: str, raw: Any, config: SingerConfig) -> list[Record]:
        """A row under each of its rules, or one day's totals. Raises RowError for a row that doesn't fit."""
        rules = rules_of(config.mapping).get(raw["stream"], ())
        if stream == _TOTALS.key:
            day, known = date.fromisoformat(raw["day"]), {one.metric for one in rules if isinstance(one, NumberRule)}
            points = [one for one in raw["points"] if one["metric"] in known]
            return [MetricPoint(one["metric"], day, one["value"], one["dimensions"], one["n"]) for one in points]
        records: list[Record] = []
        for rule in row_by_row(rules):
            if isinstance(rule, TextRule):
                records.append(document(rule, raw["stream"], raw["record"]))
            elif isinstance(rule, NumberRule):
                records += point(rule, raw["record"])
        return records
