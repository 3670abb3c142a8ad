"""The outbox: what happened, written in the transaction that made it happen."""

from __future__ import annotations

from django.db import models

from accounts.models.base import Stamped, TeamOwned


class OutboxEvent(TeamOwned):
    """An event waiting for, or after, delivery. Delivered at least once, under one id."""

    name = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(delivered_at__isnull=True), name="outbox_to_deliver"
            )
        ]

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(Stamped):
    """The answer to a POST that carried an Idempotency-Key, given again to a repeat."""

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key
