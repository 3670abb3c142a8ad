"""An uploaded table as a source: numbers by day or time, or reviews."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Literal

from livinglytics.lib.errors import Invalid, ProductError
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Progress,
    Raw,
    Rejected,
    State,
    Stream,
    connectors,
    option,
)
from sources.records import CompleteDays, Record
from sources.tabular import Chunk, Import, Plan, Row, inspect, limits, records
from sources.tabular.surveying import Survey

_ROWS = Stream("rows", "Rows", "metrics", "One point per row and number; rows of the same moment add up.")
_REVIEWS = Stream("reviews", "Reviews", "documents", "One review per row.")
_LISTED = 20


@dataclass(frozen=True)
class Config:
    """``file``: key of the stored file; ``plan``: JSON of :class:`sources.tabular.Plan`."""

    file: str = option("File", help="CSV, TSV, JSON, NDJSON, Parquet or Excel (.xlsx); gzip is fine.")
    plan: str = option("Columns", help="What each column means.")
    partial: bool = option(
        "Store the good rows even if some are bad",
        default=False,
        kind="boolean",
        help="Otherwise one bad row stops the whole upload and nothing is stored.",
    )


@connectors.add
class Upload(Connector):
    """Reads a stored file under a saved plan. Uploading a corrected file replaces the numbers of its rows."""

    key: ClassVar[str] = "upload"
    label: ClassVar[str] = "File upload"
    summary: ClassVar[str] = "Numbers or reviews from a CSV, JSON, Parquet or Excel file."
    category: ClassVar[Literal["files", "web", "reviews", "social", "engineering", "push", "demo"]] = "files"
    connect: ClassVar[Literal["form", "file", "push", "click"]] = "file"
    icon: ClassVar[str] = "file-spreadsheet"
    config: ClassVar[type] = Config
    streams: ClassVar[tuple[Stream, ...]] = (_ROWS, _REVIEWS)
    every: ClassVar[timedelta | None] = None

    def check(self, ctx: Context, config: Config) -> Checked:
        """Can the file be read, and does the plan fit its columns? ``details`` holds the shape."""
        where = "plan"
        try:
            plan = Plan.from_json(config.plan)
            where = "file"
            with ctx.files(config.file) as file:
                shape = inspect(file, str(getattr(file, "name", "")), plan.reading)
            if shape.fatal:
                return Checked(False, shape.fatal.message, "file", details={"shape": shape.as_dict()})
            where = "plan"
            plan.check(shape)
        except ProductError as error:
            return Checked(False, error.message, where, details=error.details)
        size = f"{shape.size:,} bytes" if shape.rows is None else f"{shape.rows:,} rows"
        message = f"{shape.format.upper()} file with {len(shape.columns)} columns, {size}."
        return Checked(True, message, identity=config.file, details={"shape": shape.as_dict()})

    def streams_for(self, config: Config) -> tuple[Stream, ...]:
        return (_REVIEWS,) if Plan.from_json(config.plan).review else (_ROWS,)

    def metrics_for(self, config: Config) -> tuple[Metric, ...]:
        """The metrics that a person's plan declares."""
        return tuple(
            Metric(one.key, one.label or one.key, one.kind, one.unit) for one in Plan.from_json(config.plan).metrics
        )

    def read(self, ctx: Context, config: Config, stream: str, state: State) -> Iterator[Batch]:
        """A first pass checks every row; only then the chunks follow. Raises Invalid if a row is bad and
        ``partial`` is off: then no chunk has been handed out, so nothing was stored."""
        plan = Plan.from_json(config.plan)
        with ctx.files(config.file) as file:
            work = Import(file, plan, ctx.zone, config.file)
            warnings: tuple[str, ...] = ()
            if state.get("mark") != work.mark():
                for rows, offset in work.survey():
                    yield Batch((), progress=_progress(work, rows, offset, "checking"))
                found = work.survey_result or Survey()
                _refuse_bad(found, config)
                warnings = _warnings(found)
                state = work.start()
            if not state["done"]:
                yield from self._batches(work, config, state, warnings)

    def _batches(self, work: Import, config: Config, state: State, warnings: tuple[str, ...]) -> Iterator[Batch]:
        rejected = int(state.get("rejected", 0))
        for chunk in work.chunks(state):
            listed = _rejected(config.file, chunk)[: max(0, limits.ERRORS - rejected)]
            rejected += len(listed)
            yield Batch(
                raws=_raws(config.file, chunk),
                state={**chunk.state, "rejected": rejected},
                progress=_progress(work, chunk.last, int(chunk.state["offset"]), "reading"),
                complete=_complete(work.plan, chunk),
                rejected=tuple(listed),
                warnings=warnings,
            )
            warnings = ()

    def map(self, stream: str, raw: Any, config: Config) -> list[Record]:
        """Points or reviews of one chunk."""
        return list(records(raw, Plan.from_json(config.plan)))

    def restore(self, ctx: Context, config: Config, keep: Mapping[str, Any]) -> Any:
        """The payload that ``keep`` stands for, read again from the stored file."""
        plan = Plan.from_json(config.plan)
        with ctx.files(keep["file"]) as file:
            work = Import(file, plan, ctx.zone)
            if not keep["summed"]:
                return work.again(keep["first"], keep["last"], offset=keep["offset"], second=keep["second"])
            for _ in work.survey():
                pass
            begin = {**work.start(), "summed": True, "row": keep["first"] - 1}
            points: list[Any] = []
            for chunk in work.chunks(begin):
                points += chunk.payload["points"]
                if chunk.last >= keep["last"]:
                    break
            return {"points": points[: keep["last"] - keep["first"] + 1]}


def _refuse_bad(found: Survey, config: Config) -> None:
    errors = found.errors
    if not errors.total or config.partial:
        return
    first = errors.messages[0]
    message = (
        f"{errors.total:,} of {found.rows:,} rows cannot be stored, so nothing was. The first is {first}. "
        "Correct the file or the columns, or choose to store the good rows only."
    )
    raise Invalid(message, details={"rows": errors.messages}, total=errors.total, rows=found.rows)


def _warnings(found: Survey) -> tuple[str, ...]:
    notes = list(found.notes)
    if found.errors.total:
        listed = f"; the first {limits.ERRORS:,} are listed" if found.errors.total > limits.ERRORS else ""
        notes.insert(0, f"{found.errors.total:,} of {found.rows:,} rows were left out{listed}")
    if found.summed:
        notes.append("rows of the same moment and the same dimensions were taken together")
    return tuple(notes)


def _raws(file: str, chunk: Chunk) -> tuple[Raw, ...]:
    if not (chunk.payload.get("rows") or chunk.payload.get("points")):
        return ()
    summed = "points" in chunk.payload
    keep: dict[str, Any] = {"file": file, "first": chunk.first, "last": chunk.last, "summed": summed}
    if not summed:
        keep |= {"offset": chunk.offset, "second": chunk.payload["second"]}
    return (Raw(f"{file}:{chunk.first}", chunk.payload, keep=keep),)


def _rejected(file: str, chunk: Chunk) -> list[Rejected]:
    return [Rejected(f"{file}:{row.number}", f"row {row.number}: {why}", _shown(row)) for row, why in chunk.bad]


def _shown(row: Row) -> dict[str, Any]:
    """The start of a bad row, without the characters a database refuses."""
    cells = [str(value)[:200].replace("\0", "�") for value in row.values[:_LISTED]]
    return {"row": row.number, "values": cells}


def _complete(plan: Plan, chunk: Chunk) -> tuple[CompleteDays, ...]:
    if not chunk.days:
        return ()
    return (CompleteDays(tuple(metric.key for metric in plan.metrics), *chunk.days),)


def _progress(work: Import, rows: int, offset: int, phase: str) -> Progress:
    if offset:
        return Progress(offset, work.shape.size or None, "bytes", phase)
    return Progress(rows, work.shape.rows, "rows", phase)
