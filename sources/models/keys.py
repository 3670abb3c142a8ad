"""Keys of services that a team enters once and all of its targets use."""

from __future__ import annotations

from django.db import models

from accounts.models import TeamOwned


class ApiKey(TeamOwned):
    """The secret settings for one provider, sealed as one JSON text. Write-only from outside.

    ``provider`` is the key of a connector. ``settings`` are those parts that are no secret, such as the name of an
    app. ``is_valid`` is what the last test said, None before the first.
    """

    provider = models.CharField(max_length=40)
    label = models.CharField(max_length=80, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    sealed = models.TextField(editable=False)
    hints = models.JSONField(default=dict, editable=False)
    is_valid = models.BooleanField(null=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    test_message = models.CharField(max_length=300, blank=True, editable=False)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "API key"
        constraints = [models.UniqueConstraint(fields=["team", "provider", "label"], name="one_key_per_label")]
        ordering = ["provider", "label"]

    def __str__(self) -> str:
        return f"{self.provider}: {self.label or 'key'}"
