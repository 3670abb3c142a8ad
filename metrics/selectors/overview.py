"""The overview: in ten seconds, what changed and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict

from accounts.models import Team
from livinglytics.lib import buckets, clock, numbers, text
from metrics.catalog import Definition
from metrics.charts.bar import ContextBar
from metrics.charts.shapes import Breakdown, ChartFigure, Tile, TrustStrip
from metrics.models import Annotation, Document
from metrics.query.context import Context, context
from metrics.query.engine import ask
from metrics.query.model import Answer, Query, Workspace
from metrics.selectors import drawing
from metrics.selectors.available import Inventory, inventory, trust
from metrics.selectors.question import Question, context_bar, read_question
from metrics.selectors.tiles import spark_grain
from sources.models import Job, Source

_BREAKDOWNS = 2
_ROWS = 8
_VERBATIMS = 3


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of "What changed": the metric, what it did in numbers, and the page that is its evidence."""

    label: str
    text: str
    url: str
    judgement: str
    sign: int = 0


@dataclass(frozen=True, slots=True)
class Verbatim:
    """What somebody wrote, where and when."""

    excerpt: str
    source: str
    when: date
    rating: str
    url: str


@dataclass(frozen=True)
class Overview:
    """Everything the page shows. ``waiting`` is the job whose first numbers are still on their way."""

    question: Question
    bar: ContextBar
    strip: TrustStrip
    sources: int
    tiles: tuple[Tile, ...] = ()
    figure: ChartFigure | None = None
    said: tuple[Said, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    verbatims: tuple[Verbatim, ...] = ()
    definitions: tuple[Definition, ...] = ()
    warnings: tuple[str, ...] = ()
    waiting: Job | None = None
    data_version: int = 0
    restated: tuple[str, ...] = ()

    @property
    def uncompared(self) -> str:
        """Why no card could be compared; empty where one could, or where nothing was asked."""
        changes = [one.change for one in self.tiles]
        words = [one.words for one in changes if one is not None and one.text == "–"]
        return words[0] if words and len(words) == len(changes) else ""

    @property
    def chosen(self) -> Tile | None:
        """The card whose metric the main chart shows."""
        return next((one for one in self.tiles if one.selected), None)


def overview(team: Team, params: QueryDict, path: str, *, now: datetime | None = None) -> Overview:
    """The team's overview for the question in the address; at most twelve queries."""
    moment = now or clock.now()
    known = context(team.pk)
    stock = inventory(team, known.catalog)
    sources = list(Source.objects.for_team(team))
    today = buckets.local_day(moment, team.time_zone)
    question = read_question(params, path, today=today, first_day=stock.first_day)
    question = on_data(question, params, stock, today)
    names = {str(one.pk): one.name for one in sources}
    empty = Overview(
        question=question,
        bar=bounded(context_bar(question, source_names=names), question, today),
        strip=trust(team, sources, stock, moment),
        sources=len(sources),
        waiting=_waiting(team) if not stock.definitions else None,
        data_version=known.version,
    )
    if not stock.definitions:
        return empty
    return _filled(empty, team, stock, known, names, moment)


def on_data(question: Question, params: QueryDict, stock: Inventory, today: date) -> Question:
    """Without a range in the address, a team whose numbers ended long ago sees their last days, and is told."""
    last = stock.last_day
    if "range" in params or "first" in params or last is None or last >= question.period.first:
        return question
    days = question.period.days
    period = buckets.Period(date.fromordinal(last.toordinal() - days + 1), last)
    notice = f"The newest numbers are of {last:%-d %b %Y}, so this shows the {days} days up to it."
    range_text = f"{period.first.isoformat()},{period.last.isoformat()}"
    return replace(question, period=period, range_text=range_text, notices=(*question.notices, notice))


def bounded(bar: ContextBar, question: Question, today: date) -> ContextBar:
    """The bar without the way into days that haven't begun."""
    return replace(bar, later_url="") if question.period.last >= today - timedelta(days=1) else bar


def _filled(
    empty: Overview, team: Team, stock: Inventory, known: Context, names: dict[str, str], now: datetime
) -> Overview:
    question = empty.question
    keys = stock.tiles(question.metric)
    if question.metric not in keys:
        question = replace(question, metric=keys[0])
    workspace = Workspace(team.pk, team.time_zone, team.week_start)
    answer = ask(workspace, _tiles_query(keys, question), now=now, known=known)
    chosen = keys.index(question.metric)
    remarks = _annotations(team, question)
    bar = context_bar(question, source_names=names, export_url=drawing.export_url(question, keys, grain="day"))
    return replace(
        empty,
        question=question,
        bar=bounded(bar, question, answer.today),
        tiles=tuple(drawing.tile(answer, index, question) for index in range(len(keys))),
        figure=_figure(answer, chosen, question, workspace, known, now, remarks),
        said=_said(answer, question),
        breakdowns=_breakdowns(answer.definitions[chosen], stock, question, workspace, known, now, names),
        verbatims=_verbatims(team, question, names),
        definitions=answer.definitions,
        warnings=tuple(dict.fromkeys(answer.warnings)),
        restated=restated_words(answer, names),
    )


def _tiles_query(keys: tuple[str, ...], question: Question) -> Query:
    grain = spark_grain(question.period.days)
    return Query(keys, question.period, grain=grain, where=question.where, compare=question.compare)


def _figure(
    answer: Answer,
    chosen: int,
    question: Question,
    workspace: Workspace,
    known: Context,
    now: datetime,
    remarks: Sequence[Annotation],
) -> ChartFigure:
    """The main chart: from the tiles' own answer where it has the right grain."""
    grain = question.best_grain
    if grain == answer.query.grain:
        return drawing.figure(answer, chosen, question, key="main", annotations=remarks)
    query = replace(answer.query, metrics=(question.metric,), grain=grain, notes=False)
    return drawing.figure(ask(workspace, query, now=now, known=known), 0, question, key="main", annotations=remarks)


def _breakdowns(
    definition: Definition,
    stock: Inventory,
    question: Question,
    workspace: Workspace,
    known: Context,
    now: datetime,
    names: dict[str, str],
) -> tuple[Breakdown, ...]:
    dimensions = stock.dimensions_of(definition)[:_BREAKDOWNS] or ("source",)
    return tuple(
        drawing.breakdown(
            ask(workspace, breakdown_query(definition.key, question, one), now=now, known=known),
            question,
            title=f"{definition.label} by {one.replace('_', ' ')}",
            names=names if one == "source" else {},
        )
        for one in dimensions
    )


def breakdown_query(metric: str, question: Question, dimension: str, *, limit: int = _ROWS) -> Query:
    """The top values of one dimension over the page's range."""
    return Query((metric,), question.period, dimensions=(dimension,), where=question.where, limit=limit, notes=False)


def _annotations(team: Team, question: Question) -> list[Annotation]:
    days = (question.period.first, question.period.last)
    return list(Annotation.objects.for_team(team).filter(day__range=days).order_by("day")[:20])


def _said(answer: Answer, question: Question) -> tuple[Said, ...]:
    """The largest fair changes among the cards, in words with numbers. Says what moved, never why."""
    found: list[tuple[float, Said]] = []
    for index, definition in enumerate(answer.definitions):
        if not answer.totals.compared:
            break
        compared = answer.totals.compared[index]
        change = drawing.change_of(compared, definition, since=drawing.known_since(answer, definition))
        now, before = compared.now.value, compared.before.value
        if change is None or now is None or not before or compared.now.small or compared.before.small:
            continue
        size = abs(now - before) / abs(before)
        if not change.sign or size < 0.01:
            continue
        then, shown = (numbers.format_value(one, definition.unit) for one in (before, now))
        verb = "rose" if change.sign > 0 else "fell"
        text = f"{verb} from {then} to {shown}, {change.text}."
        url = question.url(metric=definition.key)
        found.append((size, Said(definition.label, text, url, change.judgement, change.sign)))
    found.sort(key=lambda one: -one[0])
    return tuple(said for _, said in found[:5])


def _verbatims(team: Team, question: Question, names: dict[str, str]) -> tuple[Verbatim, ...]:
    wanted = _document_filters(question)
    if wanted is None:
        return ()
    start, end = question.period.bounds(team.time_zone)
    rows = (
        Document.objects.for_team(team)
        .filter(wanted, written_at__gte=start, written_at__lt=end, deleted_at=None)
        .exclude(text="")
        .only("text", "source_id", "written_at", "rating_original", "rating_scale", "url", "platform")
        .order_by("-written_at", "-id")[:_VERBATIMS]
    )
    return tuple(
        Verbatim(
            text.excerpt(row.text, 220),
            names.get(str(row.source_id), row.platform),
            buckets.local_day(row.written_at, team.time_zone),
            rating_words(row),
            row.url if row.url.startswith(("https://", "http://")) else "",
        )
        for row in rows
    )


def _document_filters(question: Question) -> Q | None:
    """The page's filters as conditions on texts; None where a filter asks for what texts don't carry."""
    columns = {"source": "source_id", "platform": "platform", "language": "language"}
    wanted = Q()
    for test in question.filters:
        if test.dimension not in columns or test.op not in ("is", "is_not"):
            return None
        values = [one for one in test.values if test.dimension != "source" or _is_uuid(one)]
        one = Q(**{f"{columns[test.dimension]}__in": values})
        wanted &= one if test.op == "is" else ~one
    return wanted


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def rating_words(row: Document) -> str:
    """The rating as the service showed it: 4 of 5, thumbs up."""
    if not row.rating_original:
        return ""
    if row.rating_scale == "thumbs":
        return f"thumbs {row.rating_original}"
    return f"{row.rating_original} of {row.rating_scale.rpartition('-')[2]}"


def _waiting(team: Team) -> Job | None:
    return (
        Job.objects.for_team(team).filter(status__in=("queued", "running", "paused")).select_related("source").first()
    )


def restated_words(answer: Answer, names: dict[str, str]) -> tuple[str, ...]:
    labels = {key: one.label for one in answer.definitions for key in one.bases()}
    return tuple(
        f"{row['days']} day{'s' if row['days'] != 1 else ''} of {labels.get(row['metric'], row['metric'])} "
        f"restated by {names.get(row['source'], 'a source')}"
        for row in answer.restated
    )
