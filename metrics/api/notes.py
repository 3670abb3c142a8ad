"""Notes on days, and what was restated."""

from __future__ import annotations

import uuid
from datetime import date

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from accounts.paging import CursorPages
from livinglytics.lib.errors import Invalid, NotFound
from metrics.actions import annotate as deeds
from metrics.api import examples, rows
from metrics.api.base import MetricsView, only
from metrics.models import Annotation, Restatement


class AnnotationsView(MetricsView):
    """The team's notes."""

    required = {"GET": "metrics.read", "POST": "metrics.write"}

    @extend_schema(
        operation_id="annotations_list",
        parameters=[
            examples.text("date_from", "From this ISO date on."),
            examples.text("date_to", "Up to this ISO date."),
        ],
        responses=rows.AnnotationOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Notes, the latest day first."""
        only(request.query_params, ("date_from", "date_to", "page", "page_size"))
        found: QuerySet[Annotation] = Annotation.objects.for_team(self.team).order_by("-day", "-id")
        if (first := _date(request, "date_from")) is not None:
            found = found.filter(day__gte=first)
        if (last := _date(request, "date_to")) is not None:
            found = found.filter(day__lte=last)
        return paged(self, found, rows.AnnotationOut)

    @extend_schema(operation_id="annotations_create", request=rows.AnnotationIn, responses={201: rows.AnnotationOut})
    @idempotent
    def post(self, request: Request) -> Response:
        """Note on a day what happened; it is drawn on the axis of every chart."""
        given = self.parse(rows.AnnotationIn).validated_data
        made = deeds.annotate(team=self.team, by=self.person, **given)
        return Response(rows.AnnotationOut(made).data, status=201)


class AnnotationView(MetricsView):
    """One note."""

    required = {"GET": "metrics.read", "PUT": "metrics.write", "PATCH": "metrics.write", "DELETE": "metrics.write"}

    @extend_schema(operation_id="annotations_retrieve", responses=rows.AnnotationOut)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """One note."""
        return Response(rows.AnnotationOut(self._one(pk)).data)

    @extend_schema(operation_id="annotations_update", request=rows.AnnotationIn, responses=rows.AnnotationOut)
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        """Change a note."""
        return self._change(pk, partial=False)

    @extend_schema(operation_id="annotations_change", request=rows.AnnotationIn, responses=rows.AnnotationOut)
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Change a part of a note."""
        return self._change(pk, partial=True)

    @extend_schema(operation_id="annotations_delete", responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Take a note away."""
        deeds.delete_annotation(annotation=self._one(pk), by=self.person)
        return Response(status=204)

    def _one(self, pk: uuid.UUID) -> Annotation:
        found = Annotation.objects.for_team(self.team).select_related("team").filter(pk=pk).first()
        if not isinstance(found, Annotation):
            raise NotFound("There is no such note.")
        return found

    def _change(self, pk: uuid.UUID, *, partial: bool) -> Response:
        note = self._one(pk)
        given = self.parse(rows.AnnotationIn, partial=partial).validated_data
        changed = deeds.change_annotation(annotation=note, by=self.person, changes=given)
        return Response(rows.AnnotationOut(changed).data)


class RestatementsView(MetricsView):
    """What later syncs changed."""

    pagination_class = CursorPages

    @extend_schema(
        operation_id="metrics_restatements_list",
        parameters=[examples.text("metric", "Key of a metric."), examples.text("source", "Id of a source.")],
        responses=rows.RestatementOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Stored numbers that were changed or taken back, newest first; ``cursor`` goes on."""
        only(request.query_params, ("metric", "source", "cursor", "page_size"))
        found = Restatement.objects.filter(team_id=self.team.pk)
        if metric := request.query_params.get("metric"):
            found = found.filter(metric=metric.replace("\x00", ""))
        if source := request.query_params.get("source"):
            found = found.filter(source_id=_uuid(source))
        return paged(self, found, rows.RestatementOut)


def _date(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(details={name: ["Give an ISO date such as 2026-03-01."]}) from None


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid(details={"source": ["Give the id of a source."]}) from None
