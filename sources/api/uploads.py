"""Files."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from livinglytics.lib.errors import Invalid, TooLarge
from sources.actions.upload import Looked, delete_file, look, start_import, upload
from sources.api import inputs, shapes
from sources.api.found import SourcesView
from sources.models import UploadedFile

_IMPORT = OpenApiExample(
    "Days of orders",
    {
        "name": "Shop",
        "plan": {
            "date": {"column": "day", "format": "YYYY-MM-DD"},
            "metrics": [{"column": "orders", "key": "orders"}],
            "dimensions": [{"column": "country", "key": "country"}],
        },
    },
    request_only=True,
)
#: what a form may add around the file
_AROUND = 100_000


def shown(looked: Looked) -> dict[str, Any]:
    """A look as JSON."""
    answer = {
        "file": looked.file,
        "shape": looked.shape.as_dict(),
        "plan": json.loads(looked.plan.to_json()) if looked.plan else None,
        "remembered": looked.remembered,
        "preview": [
            {"number": one.number, "records": [asdict(record) for record in one.records], "error": one.error}
            for one in looked.preview
        ],
        "problem": looked.problem,
    }
    data: dict[str, Any] = shapes.LookedOut(answer).data
    return data


class UploadListView(SourcesView):
    """All of the team."""

    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="uploads_list", responses=shapes.FileOut(many=True))
    def get(self, request: Request) -> Response:
        """Stored files, newest first."""
        return paged(self, UploadedFile.objects.for_team(self.team).order_by("-created_at", "-pk"), shapes.FileOut)

    @extend_schema(request={"multipart/form-data": inputs.UploadIn}, responses={201: shapes.LookedOut})
    def post(self, request: Request) -> Response:
        """Store a CSV, TSV, JSON, NDJSON, Parquet or Excel file and look at it.

        The answer proposes a plan: which column is the date, which are numbers, which split them. Correct it
        and send it to ``/uploads/{id}/import``.
        """
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_UPLOAD_BYTES + _AROUND:
            raise TooLarge(f"The file is larger than {settings.MAX_UPLOAD_BYTES // 1_000_000} MB. Split it.")
        given = self.parse(inputs.UploadIn).validated_data["file"]
        looked = upload(team=self.team, by=self.person, name=given.name, chunks=given.chunks())
        return Response(shown(looked), status=201)


class UploadView(SourcesView):
    """One file."""

    @extend_schema(responses=shapes.LookedOut)
    def get(self, request: Request, pk: UUID) -> Response:
        """Look at a stored file again."""
        return Response(shown(look(self.file(pk))))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete the file. Numbers that were imported from it stay."""
        delete_file(file=self.file(pk), by=self.person)
        return Response(status=204)


class UploadPreviewView(SourcesView):
    """Try a plan."""

    @extend_schema(request=inputs.PlanIn, responses=shapes.LookedOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Show what a corrected plan makes of the first rows. Nothing is stored."""
        return Response(shown(look(self.file(pk), plan=self.parse(inputs.PlanIn).validated_data["plan"])))


class UploadImportView(SourcesView):
    """Import."""

    @extend_schema(request=inputs.ImportIn, responses={202: shapes.JobOut}, examples=[_IMPORT])
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Import the file. One bad row stops it and nothing is stored, unless ``partial`` is true."""
        given = self.parse(inputs.ImportIn).validated_data
        file = self.file(pk)
        plan = given["plan"] or self._proposed(file)
        target = self.source(given["source"]) if given["source"] else None
        job = start_import(
            file=file, by=self.person, plan=plan, source=target, name=given["name"], partial=given["partial"]
        )
        return Response(shapes.JobOut(job).data, status=202)

    def _proposed(self, file: UploadedFile) -> dict[str, Any]:
        looked = look(file)
        if looked.plan is None:
            raise Invalid(looked.problem, details={"plan": [looked.problem]})
        plan: dict[str, Any] = json.loads(looked.plan.to_json())
        return plan
