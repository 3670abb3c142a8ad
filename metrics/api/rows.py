"""Shapes of what the catalog, notes and stored numbers look like."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from livinglytics.lib.buckets import from_day_number
from metrics.models import Annotation, CustomMetric, Direction, Kind, Restatement


class DefinitionOut(serializers.Serializer):
    """What a metric means."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=Kind.choices)
    unit = serializers.CharField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    formula = serializers.CharField()
    parts = serializers.ListField(child=serializers.CharField(), allow_null=True)
    percentile = serializers.FloatField(allow_null=True)
    description = serializers.CharField()
    theme = serializers.CharField()
    settle_hours = serializers.IntegerField(help_text="how long a day may still move")
    floor = serializers.IntegerField(help_text="least n to lean on")
    decimals = serializers.IntegerField(allow_null=True)
    adds_up = serializers.BooleanField()
    origin = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField(), help_text="kinds of source that bring it")


class EntryOut(DefinitionOut):
    """One line of the catalog."""

    has_numbers = serializers.BooleanField()
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)


class OriginOut(serializers.Serializer):
    """One source of a stored metric."""

    source = serializers.UUIDField()  # type: ignore[assignment]
    source_name = serializers.CharField()
    source_kind = serializers.CharField()
    metric = serializers.CharField()
    clock = serializers.ChoiceField(choices=["day", "instant"])
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    complete_through = serializers.DateField(allow_null=True)


class DimensionOut(serializers.Serializer):
    """A dimension that stored numbers carry."""

    name = serializers.CharField()
    values = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.CharField())


class LineageOut(EntryOut):
    """One metric with everything behind it. ``editable``: it is the team's own."""

    part_definitions = DefinitionOut(many=True)
    used_by = serializers.ListField(child=serializers.CharField())
    brought_by = OriginOut(many=True)
    dimensions = DimensionOut(many=True)
    editable = serializers.BooleanField()


class CustomMetricIn(serializers.ModelSerializer):
    """A metric of one's own. Ratios name two stored metrics, percentiles a rank."""

    class Meta:
        model = CustomMetric
        fields = [
            "key",
            "label",
            "kind",
            "unit",
            "direction",
            "numerator",
            "denominator",
            "percentile",
            "description",
            "settle_hours",
            "floor",
            "decimals",
        ]


class AnnotationIn(serializers.Serializer):
    """A note on a calendar day."""

    day = serializers.DateField()
    title = serializers.CharField(max_length=120)
    kind = serializers.CharField(max_length=20, required=False, default="note")


class AnnotationOut(serializers.ModelSerializer):
    """A note. ``source``: the source that wrote it, null for people."""

    source = serializers.UUIDField(source="source_id", allow_null=True)  # type: ignore[assignment]
    created_by = serializers.UUIDField(source="created_by_id", allow_null=True)

    class Meta:
        model = Annotation
        fields = ["id", "day", "title", "kind", "source", "created_by", "created_at", "updated_at"]
        read_only_fields = fields


class RestatementOut(serializers.ModelSerializer):
    """A stored number that a later sync changed. ``new_value`` null: it was taken back."""

    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]
    series = serializers.IntegerField(source="series_id")
    day = serializers.SerializerMethodField()

    class Meta:
        model = Restatement
        fields = ["id", "source", "metric", "series", "day", "old_value", "new_value", "raw_id", "changed_at"]
        read_only_fields = fields

    @extend_schema_field({"type": "string", "format": "date"})
    def get_day(self, row: Restatement) -> str:
        return from_day_number(row.day).isoformat()


class ObservationOut(serializers.Serializer):
    """One stored number: the sum ``value`` of ``n`` observations."""

    series = serializers.IntegerField()
    source = serializers.UUIDField()  # type: ignore[assignment]
    metric = serializers.CharField()
    dimensions = serializers.DictField(child=serializers.CharField())
    clock = serializers.ChoiceField(choices=["day", "instant"])
    at = serializers.CharField(help_text="an ISO date, or an ISO time in UTC")
    n = serializers.IntegerField()
    value = serializers.FloatField()
    raw_id = serializers.IntegerField()


class ObservationsOut(serializers.Serializer):
    """A page of stored numbers."""

    items = ObservationOut(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    truncated = serializers.BooleanField()
