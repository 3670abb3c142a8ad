"""The catalog, and the team's own metrics in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from livinglytics.lib.errors import Forbidden
from metrics.actions import catalog as deeds
from metrics.api import examples, rows
from metrics.api.base import MetricsView, only
from metrics.models import CustomMetric
from metrics.query.respond import definition_json
from metrics.selectors import catalog

_LISTED = ("q", "theme", "with_numbers", "page", "page_size")


def entry_json(entry: catalog.Entry) -> dict[str, Any]:
    """One line of the catalog."""
    return definition_json(entry.definition) | {
        "has_numbers": entry.has_numbers,
        "first_day": None if entry.first_day is None else entry.first_day.isoformat(),
        "last_day": None if entry.last_day is None else entry.last_day.isoformat(),
    }


def lineage_json(found: catalog.Lineage) -> dict[str, Any]:
    """One metric with everything behind it."""
    return entry_json(found.entry) | {
        "part_definitions": [definition_json(one) for one in found.parts],
        "used_by": [one.key for one in found.used_by],
        "brought_by": [asdict(one) for one in found.origins],
        "dimensions": [asdict(one) for one in found.dimensions],
        "editable": found.own is not None,
    }


class CatalogView(MetricsView):
    """All metrics of the team."""

    required = {"GET": "metrics.read", "POST": "metrics.write"}

    @extend_schema(
        operation_id="metrics_catalog_list",
        parameters=[
            examples.text("q", "Words of the key, label or description."),
            examples.text("theme", "One theme."),
            examples.text("with_numbers", "true: only metrics that have numbers."),
        ],
        responses=rows.EntryOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Definitions: what each number means, its formula, and the days that have numbers."""
        only(request.query_params, _LISTED)
        found = catalog.entries(
            self.team.pk,
            search=request.query_params.get("q", ""),
            theme=request.query_params.get("theme", ""),
            with_numbers=request.query_params.get("with_numbers", "") in ("1", "true"),
        )
        return paged(self, [entry_json(one) for one in found], _AsItIs)

    @extend_schema(operation_id="metrics_catalog_create", request=rows.CustomMetricIn, responses={201: rows.LineageOut})
    @idempotent
    def post(self, request: Request) -> Response:
        """Define a metric of one's own. 409 when the key is taken."""
        given = dict(self.parse(rows.CustomMetricIn).validated_data)
        made = deeds.define_metric(team=self.team, by=self.person, key=given.pop("key"), **given)
        return Response(lineage_json(catalog.lineage(self.team.pk, made.key)), status=201)


class MetricView(MetricsView):
    """One metric of the catalog."""

    required = {"GET": "metrics.read", "PUT": "metrics.write", "PATCH": "metrics.write", "DELETE": "metrics.write"}

    @extend_schema(operation_id="metrics_catalog_retrieve", responses=rows.LineageOut)
    def get(self, request: Request, key: str) -> Response:
        """The definition with its lineage: parts, the sources that bring it, the dimensions it carries."""
        return Response(lineage_json(catalog.lineage(self.team.pk, key)))

    @extend_schema(operation_id="metrics_catalog_update", request=rows.CustomMetricIn, responses=rows.LineageOut)
    def put(self, request: Request, key: str) -> Response:
        """Change a metric of one's own. 409 with the reason for a change that would break stored numbers."""
        return self._change(key, partial=False)

    @extend_schema(operation_id="metrics_catalog_change", request=rows.CustomMetricIn, responses=rows.LineageOut)
    def patch(self, request: Request, key: str) -> Response:
        """Change a part of it. Another kind computes its days anew."""
        return self._change(key, partial=True)

    @extend_schema(operation_id="metrics_catalog_delete", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Take it out of the catalog. 409 while numbers or other metrics hang on it."""
        deeds.delete_metric(metric=self._own(key), by=self.person)
        return Response(status=204)

    def _own(self, key: str) -> CustomMetric:
        found = CustomMetric.objects.for_team(self.team).select_related("team").filter(key=key).first()
        if isinstance(found, CustomMetric):
            return found
        if catalog.lineage(self.team.pk, key):
            raise Forbidden(
                f"“{key[:60]}” comes with the product or a connector and can't be changed. Define your own."
            )
        raise Http404

    def _change(self, key: str, *, partial: bool) -> Response:
        metric = self._own(key)
        given = self.parse(rows.CustomMetricIn, partial=partial).validated_data
        deeds.change_metric(metric=metric, by=self.person, changes=given)
        return Response(lineage_json(catalog.lineage(self.team.pk, key)))


class _AsItIs(rows.EntryOut):
    """Rows that are JSON already."""

    def to_representation(self, instance: Any) -> Any:
        return instance
