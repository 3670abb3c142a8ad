"""Uploaded files and the mappings people saved for them."""

from __future__ import annotations

from django.db import models

from accounts.models import TeamOwned
from sources.models.sources import Source


class UploadedFile(TeamOwned):
    """A file as it was uploaded, kept under ``FILES_DIR``: the raw layer of uploads."""

    source = models.ForeignKey(Source, models.CASCADE, null=True, related_name="files")
    name = models.CharField(max_length=255)
    path = models.CharField(max_length=400, editable=False)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    shape = models.JSONField(default=dict)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class SavedMapping(TeamOwned):
    """How the columns of files with this signature are read, found again next time."""

    signature = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    plan = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "signature"], name="one_mapping_per_signature")]

    def __str__(self) -> str:
        return self.name
