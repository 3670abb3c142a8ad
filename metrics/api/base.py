"""What the views of this floor share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import QueryDict, StreamingHttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from accounts.api.base import TeamView
from livinglytics.lib.errors import Invalid
from metrics.query.model import Workspace


class MetricsView(TeamView):
    """Reading for every member and for tokens with metrics.read."""

    required = {"GET": "metrics.read", "POST": "metrics.read"}

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.team.pk, self.team.time_zone, self.team.week_start)


class OneRenderer(DefaultContentNegotiation):
    """``?format=`` names the file that is asked for, not the way an answer is written."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        first = next(iter(renderers))
        return first, first.media_type


def without(params: QueryDict, *names: str) -> QueryDict:
    """The address's keys without those that the view itself reads."""
    kept = params.copy()
    for name in names:
        kept.pop(name, None)
    return kept


def only(params: QueryDict, names: Iterable[str]) -> None:
    """Raise Invalid naming every key of the address that the view doesn't know."""
    unknown = sorted(set(params) - set(names))
    if unknown:
        raise Invalid(details={name[:60]: ["There is no such parameter."] for name in unknown})


def attachment(pieces: Iterator[bytes], media_type: str, name: str) -> StreamingHttpResponse:
    """A file that is sent while it is made."""
    answer = StreamingHttpResponse(pieces, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
