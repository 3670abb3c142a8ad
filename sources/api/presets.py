"""Presets of project configurations."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from sources.actions.presets import create_preset, delete_preset, duplicate_preset, update_preset
from sources.api import project_shapes as shapes
from sources.api.found import SourcesView
from sources.selectors.projects import own_preset_of, own_view, preset_view, presets_of


class PresetListView(SourcesView):
    """All that can be chosen."""

    @extend_schema(operation_id="presets_list", responses=shapes.PresetOut(many=True))
    def get(self, request: Request) -> Response:
        """The five that come with the product, then the team's own by name."""
        return paged(self, presets_of(self.team), shapes.PresetOut)

    @extend_schema(request=shapes.PresetIn, responses={201: shapes.PresetOut})
    def post(self, request: Request) -> Response:
        """Keep a configuration under a name."""
        made = create_preset(team=self.team, by=self.person, **self.parse(shapes.PresetIn).validated_data)
        return Response(shapes.PresetOut(own_view(made)).data, status=201)


class PresetView(SourcesView):
    """One preset."""

    @extend_schema(responses=shapes.PresetOut)
    def get(self, request: Request, key: str) -> Response:
        """A preset by its key or id."""
        return Response(shapes.PresetOut(preset_view(self.team, key)).data)

    @extend_schema(request=shapes.PresetChangeIn, responses=shapes.PresetOut)
    def patch(self, request: Request, key: str) -> Response:
        """Change an own preset. Projects made from it keep what they have."""
        given = self.parse(shapes.PresetChangeIn).validated_data
        changed = update_preset(preset=own_preset_of(self.team, key), by=self.person, **given)
        return Response(shapes.PresetOut(own_view(changed)).data)

    @extend_schema(request=shapes.PresetChangeIn, responses=shapes.PresetOut)
    def put(self, request: Request, key: str) -> Response:
        """The same as PATCH."""
        return self.patch(request, key)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Forget an own preset."""
        delete_preset(preset=own_preset_of(self.team, key), by=self.person)
        return Response(status=204)


class PresetDuplicateView(SourcesView):
    """Copy."""

    @extend_schema(request=None, responses={201: shapes.PresetOut})
    def post(self, request: Request, key: str) -> Response:
        """Copy any preset as an own one under the next free name."""
        preset_view(self.team, key)
        made = duplicate_preset(team=self.team, by=self.person, preset=key)
        return Response(shapes.PresetOut(own_view(made)).data, status=201)
