"""One row per number with everything in it, as a first Django design would have it."""

from __future__ import annotations

from django.db import models


class WideMetric(models.Model):
    """Team and source by foreign key, metric and dimensions as text, one row per day."""

    team = models.ForeignKey("accounts.Team", models.CASCADE, related_name="+")
    source = models.ForeignKey("sources.Source", models.CASCADE, related_name="+")
    metric = models.CharField(max_length=100)
    day = models.DateField()
    dimensions = models.JSONField(default=dict)
    dim_hash = models.CharField(max_length=64)
    value = models.DecimalField(max_digits=20, decimal_places=4)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "wide"
        constraints = [
            models.UniqueConstraint(fields=["team", "source", "metric", "day", "dim_hash"], name="one_wide_row")
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.day}"
