"""Jobs: the row is the job, a broker message is only its bell."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from accounts.models import TeamOwned
from sources.models.sources import Source


class JobKind(models.TextChoices):
    """Why a run exists."""

    SYNC = "sync", "Sync"
    UPLOAD = "upload", "Upload"
    INGEST = "ingest", "Ingest"
    REPLAY = "replay", "Replay"
    BACKFILL = "backfill", "Backfill"
    REMOVE = "remove", "Remove data"


class JobStatus(models.TextChoices):
    """The life of a job. A lost worker's job goes back to queued with the next fence."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Waiting for the service"
    SUCCEEDED = "succeeded", "Succeeded"
    PARTIAL = "partial", "Partly done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED)


class Job(TeamOwned):
    """One run over one source.

    ``fence`` counts the claims: a worker writes only while the row still carries its fence.
    ``lease_until`` is pushed on by every page and heartbeat; ``run_after`` holds a job back.
    ``counts``: inserted, updated, unchanged, rejected, pages, requests.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=10, choices=JobKind.choices, default=JobKind.SYNC)
    status = models.CharField(max_length=10, choices=JobStatus.choices, default=JobStatus.QUEUED)
    trigger = models.CharField(max_length=20, default="manual")
    options = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    attempt = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True)
    run_after = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    phase = models.CharField(max_length=40, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=300, blank=True)
    stream = models.CharField(max_length=60, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    quota = models.JSONField(default=dict, blank=True)

    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    error_details = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(status__in=[*OPEN]) & ~models.Q(kind="backfill"),
                name="one_open_job_per_source",
            ),
            # it runs beside fresh syncs and steps aside for them
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(status__in=[*OPEN], kind="backfill"),
                name="one_open_backfill_per_source",
            ),
        ]
        indexes = [
            models.Index(fields=["run_after"], condition=models.Q(status__in=["queued", "paused"]), name="jobs_to_run"),
            models.Index(fields=["lease_until"], condition=models.Q(status="running"), name="jobs_leased"),
            models.Index(fields=["source", "-created_at"], name="jobs_of_source"),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.source_id}"

    @property
    def is_open(self) -> bool:
        """Neither finished nor given up."""
        return self.status in OPEN

    @property
    def percent(self) -> int | None:
        """Share done in whole percent, None when the service doesn't say how much there is."""
        if self.status == JobStatus.SUCCEEDED:
            return 100
        if not self.total:
            return None
        return max(0, min(100, round(100 * self.done / self.total)))

    def seconds(self, now: datetime) -> float | None:
        """How long it ran, or has been running."""
        if self.started_at is None:
            return None
        return ((self.finished_at or now) - self.started_at).total_seconds()
