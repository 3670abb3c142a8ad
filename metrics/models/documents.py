"""Texts that people wrote."""

from __future__ import annotations

from django.db import models

from accounts.querysets import TeamQuerySet

#: seconds: every time zone's days begin on a quarter of an hour
BUCKET = 900


class Document(models.Model):
    """One review, comment or post, as the service has it now.

    ``rating`` is normalised to 0..1 beside the original and its scale. ``bucket`` is the start of
    the quarter of an hour of ``written_at``: counts per bucket become observations. A withdrawn
    document keeps its row (``deleted_at``) and loses its text.
    """

    id = models.BigAutoField(primary_key=True)
    team_id = models.UUIDField()
    source_id = models.UUIDField()
    external_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, default="review")
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    author = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=35, blank=True)
    platform = models.CharField(max_length=40, blank=True)
    rating = models.FloatField(null=True, blank=True)
    rating_original = models.CharField(max_length=20, blank=True)
    rating_scale = models.CharField(max_length=20, blank=True)
    url = models.CharField(max_length=600, blank=True)
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    bucket = models.BigIntegerField(editable=False)
    extra = models.JSONField(default=dict, blank=True)
    raw_id = models.BigIntegerField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_id", "external_id"], name="one_document_per_id")]
        indexes = [
            models.Index(fields=["source_id", "bucket"], name="documents_by_bucket"),
            models.Index(fields=["team_id", "-written_at", "-id"], name="documents_of_team"),
        ]
        ordering = ["-written_at", "-id"]

    def __str__(self) -> str:
        return self.title or self.text[:60]
