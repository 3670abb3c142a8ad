"""Projects: what a team watches, and the addresses that are read for it."""

from __future__ import annotations

from django.db import models

from accounts.models import Stamped, TeamOwned
from sources.models.jobs import Job
from sources.models.sources import Source


class ProjectStatus(models.TextChoices):
    """Whether a project is read. An archived one is out of sight and can be brought back."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    ARCHIVED = "archived", "Archived"


class TargetStatus(models.TextChoices):
    """Whether a target is read; ``error`` says that somebody has to change something first."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    ERROR = "error", "Needs attention"


class Project(TeamOwned):
    """A product or a theme that is watched on several platforms.

    ``product``: name, category, description, website, competitors. ``config``: see ``sources.project_config``.
    """

    name = models.CharField(max_length=100)
    description = models.TextField(max_length=2000, blank=True)
    status = models.CharField(max_length=10, choices=ProjectStatus.choices, default=ProjectStatus.ACTIVE)
    preset = models.CharField(max_length=60, blank=True)
    product = models.JSONField(default=dict, blank=True)
    config = models.JSONField(default=dict, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["team", "status"], name="projects_by_status")]

    def __str__(self) -> str:
        return self.name


class Target(TeamOwned):
    """One address of a project: a product, game, video, business or thread on one platform.

    ``external_id`` is the platform's own and the same for every way of writing the address. ``competitor`` names
    whose it is; empty for the project's own product. ``source`` reads it; it is missing while a key is.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="targets")
    source = models.OneToOneField(Source, models.SET_NULL, null=True, blank=True, related_name="target")
    platform = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    external_id = models.CharField(max_length=300)
    url = models.CharField(max_length=1000)
    label = models.CharField(max_length=120, blank=True)
    competitor = models.CharField(max_length=100, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=TargetStatus.choices, default=TargetStatus.ACTIVE)
    error_message = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "platform", "external_id"], name="one_target_per_address")
        ]
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.label or self.url


class ScrapeStatus(models.TextChoices):
    """The life of a scrape. ``partial``: some targets could not be read whole."""

    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    PARTIAL = "partial", "Partly done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Scrape(TeamOwned):
    """One reading of all targets of a project, a run of its own for each.

    ``options``: max_results, include_replies, date_from, date_to. Its progress is that of its runs.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="scrapes")
    status = models.CharField(max_length=10, choices=ScrapeStatus.choices, default=ScrapeStatus.RUNNING)
    trigger = models.CharField(max_length=20, default="manual")
    options = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)
    error_message = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="scrapes_of_project")]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Scrape of {self.project_id}"

    @property
    def is_open(self) -> bool:
        """Some of its runs are still to end."""
        return self.status == ScrapeStatus.RUNNING


class ScrapePart(Stamped):
    """What a scrape asks of one target: the run that reads it, or why there is none."""

    scrape = models.ForeignKey(Scrape, models.CASCADE, related_name="parts")
    target = models.ForeignKey(Target, models.CASCADE, related_name="parts")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="parts")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scrape", "target"], name="one_part_per_target")]
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.target_id} in {self.scrape_id}"


class Preset(TeamOwned):
    """A team's own project configuration under a name."""

    name = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    config = models.JSONField(default=dict)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="one_preset_per_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
