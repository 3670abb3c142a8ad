"""Answers as files, and the stored numbers themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from livinglytics.lib import buckets, clock
from livinglytics.lib.errors import Invalid
from metrics.api import examples, rows, shapes
from metrics.api.base import MetricsView, OneRenderer, attachment, only, without
from metrics.exports.formats import FORMATS, format_named
from metrics.exports.observations import csv_pieces
from metrics.exports.table import from_answer
from metrics.query import respond
from metrics.query.engine import ask
from metrics.query.request import Asked, from_body, from_params
from metrics.selectors.observations import observation_page
from metrics.store import for_team
from metrics.store.raw import Wanted

_FILES: dict[Any, Any] = {
    (200, one.media_type.partition(";")[0]): OpenApiTypes.OBJECT if one.key == "json" else OpenApiTypes.BINARY
    for one in FORMATS.values()
}
_NAMED = ("metrics", "source", "range", "cursor", "page_size", "format")


class ExportView(MetricsView):
    """The answer to any question as a file."""

    throttle_class_name = "export"
    content_negotiation_class = OneRenderer

    @extend_schema(
        operation_id="metrics_export",
        parameters=[
            examples.FORMAT,
            examples.SIDECAR,
            *examples.QUESTION,
            examples.GRAIN,
            examples.text("dimensions", "Dimensions, by commas."),
            examples.text("order_by", "Such as sessions:desc."),
            examples.text("limit", "Rows; all when left out."),
        ],
        responses=_FILES,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The same question as in /metrics/query, by the address. Columns: time, dimensions, then value, state and n.

        CSV is rows alone, inert in spreadsheets; what the file says about itself (question, zone, how far it
        goes, definitions) comes with ``sidecar=true``, on the second sheet of XLSX, under ``about`` in JSON and
        in the metadata of Parquet.
        """
        asked = from_params(without(request.query_params, "format", "sidecar"), self.workspace, largest=None)
        return self._file(asked, request.query_params)

    @extend_schema(
        operation_id="metrics_export_post",
        parameters=[examples.FORMAT, examples.SIDECAR],
        request=shapes.QueryIn,
        responses=_FILES,
        examples=[examples.QUERY],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """The same with the question in the body. Without a limit, nothing is cut."""
        only(request.query_params, ("format", "sidecar"))
        return self._file(from_body(request.data, self.workspace, largest=None), request.query_params)

    def _file(self, asked: Asked, params: QueryDict) -> HttpResponseBase:
        chosen = format_named(params.get("format", "csv"))
        answer = ask(self.workspace, asked.query)
        table = from_answer(answer, respond.head_json(answer, asked, respond.source_names(self.team.pk)))
        if params.get("sidecar", "") in ("1", "true"):
            return Response(table.about)
        sent = attachment(chosen.write(table), chosen.media_type, f"{table.name}.{chosen.key}")
        sent["X-Data-Version"] = str(answer.data_version)
        return sent


class ObservationsView(MetricsView):
    """The stored numbers, one by one."""

    @extend_schema(
        operation_id="observations_list",
        parameters=[
            examples.METRICS,
            examples.SOURCE,
            examples.RANGE,
            examples.text("cursor", "next_cursor of the last answer."),
            examples.text("page_size", "Rows per page: 100, at most 1000."),
        ],
        responses=rows.ObservationsOut,
    )
    def get(self, request: Request) -> Response:
        """In the order of series and moment; ``cursor`` goes on."""
        only(request.query_params, _NAMED[:-1])
        size = _size(request.query_params.get("page_size", "100"))
        cursor = request.query_params.get("cursor", "")
        page = observation_page(for_team(self.team.pk), self._wanted(), size=size, cursor=cursor)
        more = page.next_cursor is not None
        return Response({"items": page.items, "next_cursor": page.next_cursor, "truncated": more})

    def _wanted(self) -> Wanted:
        params = self.request.query_params
        period = None
        if text := params.get("range"):
            today = buckets.local_day(clock.now(), self.team.time_zone)
            try:
                period = buckets.resolve_range(text[:60], today)
            except (OverflowError, ValueError):
                raise Invalid(details={"range": ["The range leaves the calendar."]}) from None
            if not 1900 <= period.first.year <= period.last.year <= 2200:
                raise Invalid(details={"range": ["A range lies between 1900 and 2200."]})
        metrics = tuple(one for one in params.get("metrics", "").split(",") if one)
        if len(metrics) > 50 or not all(one.isprintable() for one in metrics):
            raise Invalid(details={"metrics": ["Give up to fifty keys of metrics."]})
        return Wanted(metrics, _sources(params.get("source", "")), period, self.team.time_zone)


class ObservationsExportView(ObservationsView):
    """All of them as a file."""

    throttle_class_name = "export"
    content_negotiation_class = OneRenderer

    @extend_schema(
        operation_id="observations_export",
        parameters=[
            examples.text("format", "csv", enum=["csv"]),
            examples.METRICS,
            examples.SOURCE,
            examples.RANGE,
        ],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponseBase:  # type: ignore[override]
        """Stored numbers as CSV, streamed: a million rows take as little memory as a hundred."""
        only(request.query_params, ("metrics", "source", "range", "format"))
        if request.query_params.get("format", "csv") != "csv":
            raise Invalid(details={"format": ["Observations are exported as csv."]})
        pieces = csv_pieces(for_team(self.team.pk), self._wanted())
        return attachment(pieces, "text/csv; charset=utf-8", "observations.csv")


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:10]) <= 1_000:
        raise Invalid(details={"page_size": ["Give a whole number from 1 to 1000."]})
    return int(text)


def _sources(text: str) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(one) for one in text.split(",") if one)[:200]
    except ValueError:
        raise Invalid(details={"source": ["Give ids of sources by commas."]}) from None
