"""When a source is synced by itself."""

from __future__ import annotations

from django.db import models

from accounts.models import Stamped, TeamOwned
from sources.models.jobs import Job
from sources.models.projects import Project, Scrape
from sources.models.sources import Source


class Schedule(TeamOwned):
    """Of one source or one project: a five-field cron expression in the team's time zone, and when it is due next.

    ``catch_up``: slots missed while nothing ran are made up for once ("once") or left out ("skip").
    """

    source = models.OneToOneField(Source, models.CASCADE, null=True, blank=True, related_name="schedule")
    project = models.OneToOneField(Project, models.CASCADE, null=True, blank=True, related_name="schedule")
    expression = models.CharField(max_length=100, default="0 6 * * *")
    enabled = models.BooleanField(default=True)
    catch_up = models.CharField(max_length=5, default="once", choices=[("once", "Run once"), ("skip", "Skip")])
    next_due_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(source__isnull=True) ^ models.Q(project__isnull=True), name="schedule_of_one_thing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.expression} for {self.source_id or self.project_id}"


class ScheduleSlot(Stamped):
    """One due moment that was taken: the unique row that keeps two schedulers from both firing it."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="slots")
    due_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    scrape = models.ForeignKey(Scrape, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=20, default="queued")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="one_run_per_slot")]
        ordering = ["-due_at"]

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M}"
