"""Connected things, their sealed keys and their cursors."""

from __future__ import annotations

from django.db import models

from accounts.models import Stamped, TeamOwned
from sources.connectors import connectors


def connector_choices() -> list[tuple[str, str]]:
    """The registered connectors: a new one makes no migration."""
    return [(one.key, one.label) for one in connectors.all()]


class SourceState(models.TextChoices):
    """What a source is doing, apart from its jobs."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    ATTENTION = "attention", "Needs attention"


class Source(TeamOwned):
    """One connected thing of a team.

    One that reads a target of a ``project`` may use the team's ``api_key`` for its secrets instead of its own.
    ``config`` holds the settings that are not secret. ``last_success_at`` is when a run last
    ended whole; freshness per metric stands in the fills of `metrics`.
    """

    kind = models.CharField(max_length=40, choices=connector_choices)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80)
    config = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=SourceState.choices, default=SourceState.ACTIVE)
    state_reason = models.CharField(max_length=300, blank=True)
    identity = models.CharField(max_length=200, blank=True)
    project = models.ForeignKey("sources.Project", models.SET_NULL, null=True, blank=True, related_name="sources")
    api_key = models.ForeignKey("sources.ApiKey", models.SET_NULL, null=True, blank=True, related_name="sources")
    is_demo = models.BooleanField("demo", default=False, editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_attempt_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="one_source_per_slug")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Credential(TeamOwned):
    """The secret settings of a source, sealed as one JSON text. Write-only from outside.

    A signed-in account is one of them. ``refreshing_until``: somebody is asking for a fresh token until then,
    at the latest. ``refresh_at``: when an account that nobody uses is refreshed so that it doesn't end.
    """

    source = models.OneToOneField(Source, models.CASCADE, related_name="credential")
    sealed = models.TextField(editable=False)
    hints = models.JSONField(default=dict, editable=False)
    refreshing_until = models.DateTimeField(null=True, blank=True, editable=False)
    refresh_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)

    def __str__(self) -> str:
        return f"keys of {self.source}"


class PendingSignIn(TeamOwned):
    """Somebody was sent to a provider to sign in for a source, and is awaited back until ``expires_at``.

    ``digest``: SHA-256 of the state that travels; ``browser``: of the mark in the session that began it, empty
    where a program began. ``sealed``: the PKCE verifier. The row is taken by the first who comes back with it.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    option = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    browser = models.CharField(max_length=64, blank=True)
    sealed = models.TextField()
    redirect_uri = models.CharField(max_length=500)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"sign-in for {self.source_id}"


class StreamState(Stamped):
    """How far one stream of a source was read: the checkpoint a run resumes from."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="stream_states")
    stream = models.CharField(max_length=60)
    state = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "stream"], name="one_state_per_stream")]

    def __str__(self) -> str:
        return f"{self.stream} of {self.source_id}"
