"""What a team adds to the catalog, and what it notes on the charts."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from accounts.models import TeamOwned


class Kind(models.TextChoices):
    """How values of a metric go together; the query engine knows each."""

    SUM = "sum", "Sum"
    RATIO = "ratio", "Ratio (sum over sum)"
    MEAN = "mean", "Mean"
    LAST = "last", "Last value"
    DISTINCT = "distinct", "Distinct count"
    PERCENTILE = "percentile", "Percentile"


class Direction(models.TextChoices):
    """Which way is good."""

    UP = "up", "Higher is better"
    DOWN = "down", "Lower is better"
    NEUTRAL = "neutral", "Neither"


class CustomMetric(TeamOwned):
    """A team's own metric: described by hand, by a mapping, or first seen in pushed data.

    Fields mean the same as in ``metrics.catalog``. ``settle_hours`` is how long a day may still move.
    """

    key = models.CharField(max_length=100, validators=[RegexValidator(r"^[a-z][a-z0-9_.]{0,99}$")])
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SUM)
    unit = models.CharField(max_length=20, default="count")
    direction = models.CharField(max_length=8, choices=Direction.choices, default=Direction.NEUTRAL)
    numerator = models.CharField(max_length=100, blank=True)
    denominator = models.CharField(max_length=100, blank=True)
    percentile = models.FloatField(null=True, blank=True)
    description = models.TextField(blank=True)
    settle_hours = models.PositiveIntegerField(default=0)
    floor = models.PositiveIntegerField(default=0)
    decimals = models.PositiveSmallIntegerField(null=True, blank=True)
    origin = models.CharField(max_length=20, default="manual", editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "key"], name="one_metric_per_key")]
        ordering = ["key"]

    def __str__(self) -> str:
        return self.label


class Annotation(TeamOwned):
    """Something that happened on a day, drawn on the axis of every chart."""

    day = models.DateField()
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, default="note")
    source_id = models.UUIDField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-day"]
        indexes = [models.Index(fields=["team", "day"], name="annotations_by_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.title}"
