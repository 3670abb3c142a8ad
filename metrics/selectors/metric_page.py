"""One metric: its definition, its series, its parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict

from accounts.models import Team
from livinglytics.lib import buckets, clock, numbers
from metrics.catalog import Definition
from metrics.charts.bar import ContextBar
from metrics.charts.shapes import Breakdown, ChartFigure, Tab, Tile, TrustStrip
from metrics.models import Annotation
from metrics.query.context import context
from metrics.query.engine import ask
from metrics.query.model import Answer, Query, Workspace
from metrics.selectors import drawing
from metrics.selectors.available import inventory, trust
from metrics.selectors.overview import bounded, breakdown_query, on_data, restated_words
from metrics.selectors.question import Question, context_bar, read_question
from sources.models import Source


@dataclass(frozen=True)
class MetricPage:
    """Everything the page of one metric shows. ``details`` is the full table of one dimension."""

    definition: Definition
    question: Question
    bar: ContextBar
    strip: TrustStrip
    tile: Tile
    lead: tuple[dict[str, str], ...]
    figure: ChartFigure
    breakdown: Breakdown | None
    facts: tuple[dict[str, str], ...]
    annotations: tuple[Annotation, ...]
    warnings: tuple[str, ...]
    restated: tuple[str, ...]
    has_numbers: bool
    data_version: int

    @property
    def defined(self) -> tuple[Definition, ...]:
        """The definitions that the page's numbers follow."""
        return (self.definition,)


def metric_page(team: Team, key: str, params: QueryDict, path: str, *, now: datetime | None = None) -> MetricPage:
    """The page's answer. Raises Invalid (404 on the page) for an unknown metric."""
    moment = now or clock.now()
    known = context(team.pk)
    definition = known.catalog.get(key)
    stock = inventory(team, known.catalog)
    sources = list(Source.objects.for_team(team))
    names = {str(one.pk): one.name for one in sources}
    today = buckets.local_day(moment, team.time_zone)
    mine = replace(stock, fills=tuple(fill for fill in stock.fills if fill.metric in definition.bases()))
    question = read_question(params, path, today=today, first_day=mine.first_day)
    question = on_data(replace(question, metric=""), params, mine, today)
    workspace = Workspace(team.pk, team.time_zone, team.week_start)
    query = Query((key,), question.period, grain=question.best_grain, where=question.where, compare=question.compare)
    answer = ask(workspace, query, now=moment, known=known)
    remarks = tuple(
        Annotation.objects.for_team(team)
        .filter(day__range=(question.period.first, question.period.last))
        .order_by("day")[:20]
    )
    dimensions = (*stock.dimensions_of(definition), "source")
    chosen = question.by if question.by in dimensions else dimensions[0]
    parts = ask(workspace, breakdown_query(key, question, chosen, limit=50), now=moment, known=known)
    labels = names if chosen == "source" else {}
    export_url = drawing.export_url(question, [key], grain=question.best_grain)
    bar = context_bar(question, source_names=names, export_url=export_url)
    figure = drawing.figure(answer, 0, question, key="main", annotations=remarks)
    breakdown = drawing.breakdown(parts, question, title=f"By {chosen.replace('_', ' ')}", names=labels)
    tabs = tuple(Tab(one.replace("_", " "), question.url(by=one), one == chosen) for one in dimensions)
    return MetricPage(
        definition=definition,
        question=question,
        bar=bounded(bar, question, today),
        strip=trust(team, sources, mine, moment),
        tile=drawing.tile(answer, 0, question),
        lead=_lead(figure),
        figure=figure,
        breakdown=replace(breakdown, tabs=tabs, details_url=""),
        facts=_facts(definition, answer, mine.fills, names),
        annotations=remarks,
        warnings=tuple(dict.fromkeys(answer.warnings + parts.warnings)),
        restated=restated_words(answer, names),
        has_numbers=bool(mine.fills),
        data_version=known.version,
    )


def _lead(figure: ChartFigure) -> tuple[dict[str, str], ...]:
    """What frames the number: its highest and lowest closed bucket, and how many have a value."""
    points = figure.main.points
    closed = [one for one in points if one.drawn and one.state != "partial" and one.value is not None]
    if len(closed) < 3:
        return ()
    high = max(closed, key=lambda one: one.value or 0)
    low = min(closed, key=lambda one: one.value or 0)
    unit, grain = figure.unit, figure.grain
    gaps = sum(1 for one in points if not one.drawn)
    return (
        {"label": f"Highest {grain}", "text": numbers.format_value(high.value, unit), "note": high.label},
        {"label": f"Lowest {grain}", "text": numbers.format_value(low.value, unit), "note": low.label},
        {
            "label": f"{grain.capitalize()}s with a value",
            "text": str(len(points) - gaps),
            "note": f"of {len(points)}" if gaps else "no gap",
        },
    )


_KINDS = {
    "sum": "Sum: adds up over days and dimensions",
    "ratio": "Ratio: sum over sum at every grain",
    "mean": "Mean: total over number of values",
    "last": "Last value: added over series, never over days",
    "distinct": "Distinct count: never added",
    "percentile": "Percentile: computed from single values",
}
_DIRECTIONS = {"up": "Higher is better", "down": "Lower is better", "neutral": "Neither way is better"}


def _facts(
    definition: Definition, answer: Answer, fills: tuple[object, ...], names: dict[str, str]
) -> tuple[dict[str, str], ...]:
    sources = dict.fromkeys(names.get(str(one.source_id), "a source") for one in answer.freshness)
    settle = definition.settle
    facts = [
        ("Key", definition.key),
        ("Formula", definition.formula),
        ("Kind", _KINDS[definition.kind]),
        ("Direction", _DIRECTIONS[definition.direction]),
        ("Unit", definition.unit),
        ("Comes from", ", ".join(sources) or "no source yet"),
        ("Settles", f"a day may still move for {settle.total_seconds() / 3600:g} hours" if settle else "at once"),
    ]
    if definition.floor:
        facts.append(("Least n", f"below {definition.floor} the value is marked"))
    if answer.provisional_from:
        facts.append(("Provisional", f"from {answer.provisional_from:%-d %b %Y} on"))
    return tuple({"label": label, "text": text} for label, text in facts)
