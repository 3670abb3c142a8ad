"""What every view of the API is built on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import BasePagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.authentication import Identity, IsMember, IsPerson
from accounts.models import Team, User
from accounts.paging import NumberedPages
from accounts.rendering import QuickNegotiation
from livinglytics.lib.errors import Invalid

S = TypeVar("S", bound=Serializer)
#: of very many unknown fields, the first are named
_NAMED: Final = 50


class ProductView(APIView):
    """Strict input, limits in the headers."""

    throttle_class_name: str = ""
    content_negotiation_class: type[BaseContentNegotiation] = QuickNegotiation
    #: for ``paged``
    pagination_class: type[BasePagination] | None = NumberedPages

    def parse(self, serializer_class: type[S], *, partial: bool = False, data: Any = None) -> S:
        """The checked body (or ``data``). Unknown fields are refused by name; Invalid names every wrong field."""
        given = self.request.data if data is None else data
        serializer = serializer_class(data=given, partial=partial, context={"request": self.request, "view": self})
        refuse_unknown(serializer, given)
        serializer.is_valid(raise_exception=True)
        return serializer

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        finished = super().finalize_response(request, response, *args, **kwargs)
        write_allowance(request, finished)
        return finished


class OpenView(ProductView):
    """For everybody, also without signing in. Counted per address against the auth limit."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_class_name = "auth"


class PersonView(ProductView):
    """For a person who signed in, in whatever team."""

    permission_classes = [IsPerson]

    @property
    def person(self) -> User:
        return cast(User, self.request.user)


class _InTeam(APIView):
    team: Team
    role: str
    required: Mapping[str, str] = {}

    @property
    def person(self) -> User | None:
        """Who did it, for the audit. None for a token whose maker is gone."""
        return self.request.user if isinstance(self.request.user, User) else None

    @property
    def identity(self) -> Identity:
        return cast(Identity, self.request.auth)


class TeamView(_InTeam, ProductView):
    """For members of a team: ``team``, ``role``, and ``required`` permission per method."""

    permission_classes = [IsMember]


class TeamViewSet(_InTeam, ProductView, GenericViewSet):
    """The same for a set of operations on one team-owned model; ``required`` also takes action names."""

    permission_classes = [IsMember]

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return cast(QuerySet[Any], rows.none())
        return cast(QuerySet[Any], rows.for_team(self.team))


def paged(view: APIView, rows: QuerySet[Any] | list[Any], shape: type[BaseSerializer], **context: Any) -> Response:
    """One page of ``rows`` in the view's ``pagination_class`` (numbered pages when it has none)."""
    pages: Any = (getattr(view, "pagination_class", None) or NumberedPages)()
    found = pages.paginate_queryset(rows, view.request, view=view)
    return cast(Response, pages.get_paginated_response(shape(found, many=True, context=context).data))


def write_allowance(request: Any, response: HttpResponseBase) -> None:
    """Say in the answer's headers what is left of the limit that the request counted against."""
    allowance = getattr(getattr(request, "_request", request), "allowance", None)
    if allowance is not None:
        allowance.write(response)


def refuse_unknown(serializer: BaseSerializer, data: Any) -> None:
    """Raise Invalid naming every field that the serializer does not know, also inside nested objects."""
    unknown = _unknown(serializer, data, "")
    if unknown:
        raise Invalid(
            "There are unknown fields. Remove or rename them.",
            details={name[:200]: ["There is no such field."] for name in unknown[:_NAMED]},
        )


def _unknown(field: Any, data: Any, path: str) -> list[str]:
    if isinstance(field, ListSerializer):
        rows = data if isinstance(data, list) else []
        return [name for at, row in enumerate(rows) for name in _unknown(field.child, row, f"{path}{at}.")]
    if not isinstance(field, Serializer) or not isinstance(data, Mapping):
        return []
    writable = {name: one for name, one in field.fields.items() if not one.read_only}
    found = [f"{path}{name}" for name in data if name not in writable]
    for name, one in writable.items():
        if name in data:
            found += _unknown(one, data[name], f"{path}{name}.")
    return found
