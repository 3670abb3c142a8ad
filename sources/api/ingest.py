"""What other programs send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, cast

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import TeamView
from livinglytics.lib.errors import TooLarge
from sources.actions.receive import push_source, receive
from sources.api import shapes
from sources.push import parse

_MOST_ERRORS = 100
#: any JSON is looked at: each item gets a verdict of its own
_BODY: dict[Any, Any] = {
    "application/json": {"description": "One item, an array of items, or one item per line; gzip is fine."}
}
_SOURCE = OpenApiParameter("source", str, description="slug of a push source; without it, the team's default one")
_METRICS = OpenApiExample(
    "Two numbers",
    [
        {"metric": "shop.orders", "value": 42, "date": "2026-11-22", "dimensions": {"country": "de"}},
        {"metric": "latency_ms", "value": 1180, "n": 10, "at": "2026-11-22T13:05:00Z"},
    ],
    request_only=True,
)
_DOCUMENTS = OpenApiExample(
    "A review",
    [{"id": "r-1", "text": "Works well.", "created_at": "2026-11-22T13:05:00Z", "rating": 4, "scale": "1-5"}],
    request_only=True,
)


class RawParser(BaseParser):
    """The body as it came: its content type is not believed."""

    media_type = "*/*"

    def parse(  # type: ignore[override]
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        body: bytes = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(body) > settings.MAX_BODY_BYTES:
            raise TooLarge(f"The body is larger than {settings.MAX_BODY_BYTES // 1_000_000} MB. Send it in parts.")
        return body


class _IngestView(TeamView):
    required = {"POST": "ingest.write"}
    throttle_class_name = "ingest"
    parser_classes = [RawParser]
    stream = ""

    def take(self, request: Request) -> Response:
        given = cast(object, request.data)
        body = given if isinstance(given, bytes) else b""
        gzipped = "gzip" in request.headers.get("Content-Encoding", "").lower()
        parsed = parse(self.stream, body, gzipped=gzipped)
        source = push_source(self.team, request.query_params.get("source", ""), by=self.person)
        receipt = receive(source=source, stream=self.stream, parsed=parsed)
        answer = {
            "batch_id": receipt.batch_id,
            "source": source.slug,
            "accepted": receipt.accepted,
            "rejected": receipt.rejected,
            "errors": [one.as_json() for one in receipt.errors[:_MOST_ERRORS]],
        }
        return Response(shapes.ReceiptOut(answer).data, status=202)


class IngestMetricsView(_IngestView):
    """Numbers."""

    stream = "metrics"

    @extend_schema(request=_BODY, responses={202: shapes.ReceiptOut}, parameters=[_SOURCE], examples=[_METRICS])
    def post(self, request: Request) -> Response:
        """Send numbers: one object, an array, or one object per line; gzip is fine.

        An item is ``{metric, value, date | at, dimensions, n}`` or ``{email, source_name, metric_date, data}``.
        The same metric, moment and dimensions again replace the value. The answer comes after the items are
        stored; refused ones are listed (the first 100) and don't hold up the others.
        """
        return self.take(request)


class IngestDocumentsView(_IngestView):
    """Texts."""

    stream = "documents"

    @extend_schema(request=_BODY, responses={202: shapes.ReceiptOut}, parameters=[_SOURCE], examples=[_DOCUMENTS])
    def post(self, request: Request) -> Response:
        """Send reviews, comments and other texts: ``{id, text, created_at, rating, scale, title, author, …}``.

        The same id again replaces the text. The answer comes after the items are stored; refused ones are
        listed (the first 100) and don't hold up the others.
        """
        return self.take(request)
