"""Two ways through a long list: numbered pages, or a cursor for tables that keep growing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from livinglytics.lib.errors import Invalid

if TYPE_CHECKING:
    from rest_framework.views import APIView

SMALL_PAGE: Final = 20
LARGEST_PAGE: Final = 100
_FIELDS: Final = {
    "total": "All rows that fit",
    "page": "This page, from 1",
    "page_size": "Rows per page",
    "pages": "How many pages there are",
}


def _whole(request: Request, name: str, default: int, most: int) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdigit()) or not 1 <= int(raw[:10]) <= most:
        raise Invalid(details={name: [f"Give a whole number from 1 to {most}."]})
    return int(raw)


class NumberedPages(BasePagination):
    """``?page=&page_size=`` (20, at most 100) answered with items, total, page, page_size and pages.

    A page past the end is empty, not an error: rows may have gone since the last look.
    """

    page_size = SMALL_PAGE

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.size = _whole(request, "page_size", self.page_size, LARGEST_PAGE)
        self.number = _whole(request, "page", 1, 1_000_000)
        self.total = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        start = (self.number - 1) * self.size
        return list(queryset[start : start + self.size])

    def get_paginated_response(self, data: Any) -> Response:
        pages = -(-self.total // self.size)
        return Response(
            {"items": data, "total": self.total, "page": self.number, "page_size": self.size, "pages": pages}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        counts = {name: {"type": "integer", "description": words} for name, words in _FIELDS.items()}
        return {"type": "object", "required": ["items", *counts], "properties": {"items": schema, **counts}}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        number = {"type": "integer", "minimum": 1, "default": 1}
        return [_parameter("page", "Which page, from 1.", number), _size_parameter()]


class CursorPages(BasePagination):
    """``?cursor=&page_size=`` answered with items and next_cursor (null on the last page).

    ``ordering`` is one field, by default the newest rows first; a view may set ``cursor_ordering``.
    """

    page_size = SMALL_PAGE
    ordering = "-id"

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        if not isinstance(queryset, QuerySet):
            raise TypeError("Only a table can be read with a cursor.")
        size = _whole(request, "page_size", self.page_size, LARGEST_PAGE)
        ordering = str(getattr(view, "cursor_ordering", self.ordering))
        self.field, down = ordering.lstrip("-"), ordering.startswith("-")
        rows = queryset.order_by(ordering, "-pk" if down else "pk")
        if cursor := request.query_params.get("cursor"):
            rows = rows.filter(self._after(queryset, cursor, "lt" if down else "gt"))
        found = list(rows[: size + 1])
        self.next_cursor = self._cursor(found[size - 1]) if len(found) > size else None
        return found[:size]

    def _after(self, queryset: QuerySet[Any], cursor: str, side: str) -> Q:
        meta = queryset.model._meta
        try:
            value, pk = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
            place = meta.get_field(self.field).to_python(value)
            pk = meta.pk.to_python(pk)
        except (ValueError, TypeError, binascii.Error, RecursionError, ValidationError) as error:
            raise Invalid(details={"cursor": ["Use next_cursor of an earlier answer as it is."]}) from error
        return Q(**{f"{self.field}__{side}": place}) | Q(**{self.field: place, f"pk__{side}": pk})

    def _cursor(self, row: Any) -> str:
        value, pk = (row[self.field], row["id"]) if isinstance(row, dict) else (getattr(row, self.field), row.pk)
        return base64.urlsafe_b64encode(json.dumps([str(value), str(pk)]).encode()).decode()

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "next_cursor": self.next_cursor})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        words = "Give it as ?cursor= for the next rows; null at the end."
        cursor = {"type": "string", "nullable": True, "description": words}
        return {
            "type": "object",
            "required": ["items", "next_cursor"],
            "properties": {"items": schema, "next_cursor": cursor},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        words = "Where to go on: next_cursor of the last answer."
        return [_parameter("cursor", words, {"type": "string"}), _size_parameter()]


def _size_parameter() -> dict[str, Any]:
    size = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": SMALL_PAGE}
    return _parameter("page_size", "Rows per page.", size)


def _parameter(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}
