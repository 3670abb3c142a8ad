"""Asking the engine: any question, a timeline, tiles."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from livinglytics.lib.errors import Invalid
from metrics.api import examples, shapes
from metrics.api.base import MetricsView, without
from metrics.query import respond
from metrics.query.engine import ask
from metrics.query.request import Asked, from_body, from_params
from metrics.selectors.tiles import FIRST_TILES, tiles
from metrics.selectors.timeline import timeline


class QueryView(MetricsView):
    """The one way to any number."""

    throttle_class_name = "read"

    @extend_schema(
        operation_id="metrics_query",
        request=shapes.QueryIn,
        responses=shapes.AnswerOut,
        examples=[examples.QUERY, examples.ANSWER],
    )
    def post(self, request: Request) -> Response:
        """Ask for metrics over a range, by time and dimensions, filtered and compared.

        States of a value: *value*; *zero*, proved by a sync that saw the whole window; *missing*, nobody
        looked; *partial*, an open day or a source that is behind; *na*, not applicable, ``note`` says why.
        Rows beyond the limit are told by ``truncated``, ``total`` and ``next_cursor``, and summed as ``other``.
        """
        asked = from_body(request.data, self.workspace)
        answer = ask(self.workspace, asked.query)
        return Response(respond.as_json(answer, asked, respond.source_names(self.team.pk)))


class TimelineView(MetricsView):
    """Metrics over time as a plain list."""

    @extend_schema(
        operation_id="metrics_timeline",
        parameters=[*examples.QUESTION, examples.GRAIN, examples.text("days", "The last n days.")],
        responses={200: {"type": "array", "items": {"type": "object", "additionalProperties": True}}},
        examples=[examples.TIMELINE],
    )
    def get(self, request: Request) -> Response:
        """``[{date, <metric>: value or null, states}]``, oldest first. A missing day is null, never zero.

        Without metrics: sessions, conversions, ig_reach and engagement. Without a range: the last 7 whole days.
        """
        params = without(request.query_params, "days")
        days = request.query_params.get("days")
        if days is not None:
            if not (days.isascii() and days.isdigit() and 0 < int(days[:10]) <= 3660):
                raise Invalid(details={"days": ["Give a whole number from 1 to 3660."]})
            params["range"] = f"{int(days)}d"
        params.setdefault("range", "7d")
        params.setdefault("grain", "day")
        params.setdefault("metrics", ",".join(FIRST_TILES))
        asked = from_params(params, self.workspace, largest=None)
        _refuse(asked, dimensions=bool(asked.query.dimensions), compare=asked.query.compare is not None)
        return Response(timeline(self.workspace, asked).rows)


class TilesView(MetricsView):
    """Numbers at a glance."""

    @extend_schema(
        operation_id="dashboard_tiles",
        parameters=examples.QUESTION,
        responses={200: {"type": "object", "additionalProperties": True}},
        examples=[examples.TILES],
    )
    def get(self, request: Request) -> HttpResponse:
        """One object per metric: value, state, n, change, the value before, a sparkline; and ``meta``.

        Without metrics: sessions, conversions, ig_reach and engagement; without a range the last 28 whole
        days, compared with the 28 before. ``compare=none`` leaves the comparison out.
        """
        found = tiles(self.workspace, request.META["QUERY_STRING"], self._asked)
        return HttpResponse(found.json, content_type="application/json")

    def _asked(self, now: datetime) -> Asked:
        params = self.request.query_params.copy()
        params.setdefault("metrics", ",".join(FIRST_TILES))
        params.setdefault("compare", "previous")
        asked = from_params(params, self.workspace, now=now, largest=None)
        _refuse(asked, dimensions=bool(asked.query.dimensions), grain=asked.query.grain is not None)
        return asked


def _refuse(asked: Asked, **given: bool) -> None:
    """Parameters of other questions that make no sense here."""
    wrong = {name for name, is_given in given.items() if is_given}
    wrong |= {name for name in ("limit", "order_by", "offset") if getattr(asked.query, name)}
    if wrong:
        raise Invalid(details={name: ["This can't be given here; ask /metrics/query."] for name in sorted(wrong)})
