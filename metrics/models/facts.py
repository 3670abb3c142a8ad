"""The narrow store: a dictionary of series, observations by key, and what adds up per day.

Part of the data plane: plain ids without database foreign keys, every unique key begins with
a team or a series, nothing here is joined with the control plane. ``metrics/store`` holds the
few SQL texts that read and write these tables.
"""

from __future__ import annotations

from django.db import models

from metrics.models.fields import NumberField


class Clock(models.IntegerChoices):
    """What ``at`` counts: calendar days since 1970-01-01, or seconds since 1970 in UTC."""

    DAY = 0, "Calendar day"
    INSTANT = 1, "Instant"


class Fold(models.IntegerChoices):
    """How the observations of one day become one number."""

    SUM = 0, "Sum"
    LAST = 1, "Last"
    MEAN = 2, "Mean"
    DISTINCT = 3, "Distinct"
    PERCENTILE = 4, "Percentile"


class Series(models.Model):
    """One line of numbers: team, source, metric and dimensions behind one integer."""

    id = models.BigAutoField(primary_key=True)
    team_id = models.UUIDField()
    source_id = models.UUIDField()
    metric = models.CharField(max_length=100)
    dimensions = models.JSONField(default=dict)
    dim_hash = models.CharField(max_length=32)
    clock = models.PositiveSmallIntegerField(choices=Clock.choices)

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["team_id", "source_id", "metric", "dim_hash", "clock"], name="one_series_per_dimensions"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.dimensions}"


class Observation(models.Model):
    """One number: the sum ``value`` of ``n`` observations of a series at one moment.

    Unique per series (source, metric, dimensions) and moment: replaced, never added twice.
    ``raw_id`` leads to the raw row, and through it to the job.
    """

    pk = models.CompositePrimaryKey("series_id", "at")
    series_id = models.BigIntegerField()
    at = models.BigIntegerField()
    raw_id = models.BigIntegerField()
    n = models.IntegerField(default=1)
    value = NumberField()

    def __str__(self) -> str:
        return f"{self.series_id}@{self.at}"


class Cut(models.Model):
    """One way to add up a metric of a source: in total, or for one value of one dimension.

    The total cut (``dimension`` empty) is also the source's fill record for the metric:
    the days with data, and the window in which the sync proved that it saw everything.
    """

    id = models.BigAutoField(primary_key=True)
    team_id = models.UUIDField()
    source_id = models.UUIDField()
    metric = models.CharField(max_length=100)
    dimension = models.CharField(max_length=60, blank=True)
    value = models.CharField(max_length=200, blank=True)
    clock = models.PositiveSmallIntegerField(choices=Clock.choices)
    fold = models.PositiveSmallIntegerField(choices=Fold.choices, default=Fold.SUM)
    first_day = models.IntegerField(null=True)
    last_day = models.IntegerField(null=True)
    proven_from = models.IntegerField(null=True)
    proven_through = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team_id", "metric", "dimension", "value", "source_id", "clock"], name="one_cut_per_value"
            )
        ]
        indexes = [models.Index(fields=["source_id", "metric"], name="cuts_of_source")]

    def __str__(self) -> str:
        return f"{self.metric} {self.dimension}={self.value}"


class SeriesCut(models.Model):
    """Which series add up to which cut."""

    pk = models.CompositePrimaryKey("cut_id", "series_id")
    cut_id = models.BigIntegerField()
    series_id = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.series_id} in {self.cut_id}"


class Rollup(models.Model):
    """What adds up of one cut on one local day. Means keep squares, lows and highs too."""

    pk = models.CompositePrimaryKey("cut_id", "day")
    cut_id = models.BigIntegerField()
    day = models.IntegerField()
    n = models.IntegerField()
    total = NumberField()
    squares = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"{self.cut_id}@{self.day}"


class Restatement(models.Model):
    """A stored number that a later sync changed: what it was, what it became, and when.

    ``new_value`` is None where the service took the number back.
    """

    id = models.BigAutoField(primary_key=True)
    team_id = models.UUIDField()
    source_id = models.UUIDField()
    series_id = models.BigIntegerField()
    metric = models.CharField(max_length=100)
    day = models.IntegerField()
    at = models.BigIntegerField()
    old_value = NumberField()
    new_value = NumberField(null=True)
    raw_id = models.BigIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["team_id", "metric", "day"], name="restated_days"),
            models.Index(fields=["team_id", "-changed_at"], name="restated_lately"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.metric}: {self.old_value} → {self.new_value}"


class DataVersion(models.Model):
    """Counts the changes of a team's numbers, and of its definitions: the key of every cached answer."""

    team_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField(default=0)
    definitions = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.team_id}: {self.version}"
