"""What can be connected."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from sources import configuration
from sources.actions.checking import check_settings
from sources.api import inputs, shapes
from sources.api.found import SourcesView
from sources.selectors.catalogue import catalogue, connector_card


class ConnectorsView(SourcesView):
    """All kinds of sources."""

    @extend_schema(operation_id="connectors_list", responses=shapes.ConnectorOut(many=True))
    def get(self, request: Request) -> Response:
        """All kinds, each with its streams, metrics and the JSON Schema of its settings."""
        return paged(self, catalogue(demo=settings.DEMO_ENABLED), shapes.ConnectorOut)


class ConnectorView(SourcesView):
    """One kind."""

    @extend_schema(responses=shapes.ConnectorOut)
    def get(self, request: Request, key: str) -> Response:
        """One kind of source."""
        return Response(shapes.ConnectorOut(connector_card(key)).data)


class ConnectorCheckView(SourcesView):
    """Settings that are not saved yet."""

    throttle_class_name = "write"

    @extend_schema(request=inputs.CheckIn, responses=shapes.CheckedOut)
    def post(self, request: Request, key: str) -> Response:
        """Ask the service whether these settings work. Nothing is saved; wrong settings are named in ``field``."""
        given = self.parse(inputs.CheckIn).validated_data
        connector = configuration.connector(key)
        cleaned = configuration.clean(connector, given["config"])
        return Response(shapes.CheckedOut(check_settings(self.team, connector, cleaned)).data)
