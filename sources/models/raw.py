"""Records as they came, and rows that could not be taken."""

from __future__ import annotations

from django.db import models

from accounts.querysets import TeamQuerySet


class RawRecord(models.Model):
    """One record as it came: the evidence behind every number.

    Part of the data plane: plain ids, no database foreign keys, unique keys that begin with
    the source. ``digest`` is the hash of the payload; an unchanged record is not written again.
    """

    id = models.BigAutoField(primary_key=True)
    team_id = models.UUIDField()
    source_id = models.UUIDField()
    stream = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200)
    job_id = models.UUIDField()
    payload = models.JSONField()
    digest = models.CharField(max_length=32)
    connector_version = models.PositiveSmallIntegerField(default=1)
    source_updated_at = models.DateTimeField(null=True, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    objects = TeamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_id", "stream", "external_id"], name="one_raw_per_external_id")
        ]
        indexes = [
            models.Index(fields=["source_id", "stream", "id"], name="raw_of_stream"),
            models.Index(fields=["last_seen"], name="raw_by_age"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.stream}:{self.external_id}"


class Quarantined(models.Model):
    """A row that could not be taken, with the reason, waiting for a person or a replay."""

    id = models.BigAutoField(primary_key=True)
    team_id = models.UUIDField()
    source_id = models.UUIDField()
    job_id = models.UUIDField()
    stream = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    payload = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "quarantined rows"
        indexes = [models.Index(fields=["source_id", "-id"], name="quarantine_of_source")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reason
