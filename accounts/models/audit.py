"""Who did what: rows that can't be changed."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from accounts.models.base import Stamped


class AuditEvent(Stamped):
    """One deed. ``verb`` is registered in ``accounts.audit`` with its sentence."""

    team = models.ForeignKey("accounts.Team", models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["team", "-created_at"], name="audit_of_team")]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_label}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events can't be deleted.")
