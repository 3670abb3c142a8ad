"""Shapes of questions and answers, for checking input and for the description of the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_STATES = ["value", "zero", "missing", "partial", "na"]
_GRAINS = ["hour", "day", "week", "month", "quarter", "year"]
_DAYS: dict[str, Any] = {"type": "array", "items": {"type": "string", "format": "date"}, "minItems": 2, "maxItems": 2}
_ANY_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}


@extend_schema_field(
    {"oneOf": [{"type": "string", "maxLength": 60}, _DAYS], "examples": ["28d", ["2026-03-01", "2026-03-28"]]}
)
class RangeField(serializers.JSONField):
    """``7d 28d 91d 12mo month quarter year all``, ``first,last`` or a list of two ISO dates."""


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": ["previous", "year"]},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "kind": {"type": "string", "enum": ["previous", "year", "custom"]},
                    "match": {"type": "string", "enum": ["weekday", "date"]},
                    "period": {"oneOf": [{"type": "string"}, _DAYS]},
                },
            },
        ]
    }
)
class CompareField(serializers.JSONField):
    """A kind, or an object of kind, match and, for custom, the period."""


@extend_schema_field({"type": "array", "items": {}, "examples": [["is", "country", ["DE", "FR"]]]})
class FiltersField(serializers.JSONField):
    """``[op, dimension, values]`` with is, is_not, contains, contains_not, joined by and, or, not."""


@extend_schema_field({"type": "array", "items": {"type": "array", "items": {"type": "string"}}, "maxItems": 6})
class OrderField(serializers.JSONField):
    """Pairs of a name and asc or desc."""


class QueryIn(serializers.Serializer):
    """A question. Only ``metrics`` is required."""

    metrics = serializers.ListField(child=serializers.CharField(max_length=100), min_length=1, max_length=20)
    range = RangeField(required=False, help_text="28d when left out. Nd and Nmo end yesterday.")
    compare = CompareField(required=False, allow_null=True)
    grain = serializers.ChoiceField(choices=_GRAINS, required=False, allow_null=True)
    dimensions = serializers.ListField(child=serializers.CharField(max_length=100), max_length=4, required=False)
    filters = FiltersField(required=False)
    order_by = OrderField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    cursor = serializers.CharField(required=False, allow_null=True, help_text="next_cursor of the page before")
    include_today = serializers.BooleanField(required=False, help_text="Nd and Nmo end today")


class ChangeOut(serializers.Serializer):
    """How far apart two values are. ``pp``: percentage points, for shares."""

    absolute = serializers.FloatField(allow_null=True)
    relative = serializers.FloatField(allow_null=True)
    pp = serializers.FloatField(allow_null=True)
    text = serializers.CharField()


class ValueOut(serializers.Serializer):
    """One number. ``n``: how many observations, for a ratio its denominator."""

    value = serializers.FloatField(allow_null=True)
    state = serializers.ChoiceField(choices=_STATES)
    n = serializers.IntegerField()
    note = serializers.CharField(required=False)
    small = serializers.BooleanField(required=False, help_text="n is below the metric's floor")


class ComparisonOut(ValueOut):
    """The value compared with. ``rule`` and the days stand with totals."""

    change = ChangeOut(allow_null=True)
    now = serializers.FloatField(allow_null=True, required=False)
    rule = serializers.CharField(required=False)
    basis = serializers.ListField(child=serializers.DateField(), required=False)
    against = serializers.ListField(child=serializers.DateField(), required=False)


class MetricValueOut(ValueOut):
    """One number of a named metric."""

    metric = serializers.CharField()
    comparison = ComparisonOut(required=False)


class RowOut(serializers.Serializer):
    """One row: the bucket (``time``) and the values of the dimensions, then a number per metric."""

    dimensions = serializers.DictField(child=serializers.CharField())
    metrics = MetricValueOut(many=True)


class TotalsOut(serializers.Serializer):
    """The whole range at its own grain: never the sum of the rows."""

    metrics = MetricValueOut(many=True)


class OtherOut(TotalsOut):
    """What the limit cut, so that the parts make the total."""

    groups = serializers.IntegerField()


class FreshnessOut(serializers.Serializer):
    """How far a source goes. ``proved``: its sync saw every day."""

    source = serializers.UUIDField()  # type: ignore[assignment]
    source_name = serializers.CharField()
    complete_through = serializers.DateField(allow_null=True)
    proved = serializers.BooleanField()
    metrics = serializers.ListField(child=serializers.CharField())


class RestatedOut(serializers.Serializer):
    """Days of the range that were changed after they were first stored."""

    source = serializers.UUIDField()  # type: ignore[assignment]
    source_name = serializers.CharField()
    metric = serializers.CharField()
    days = serializers.IntegerField()
    last_changed_at = serializers.DateTimeField()


class MetaOut(serializers.Serializer):
    """What to know about the numbers."""

    timezone = serializers.CharField()
    complete_through = FreshnessOut(many=True)
    provisional = serializers.DateField(allow_null=True, help_text="days from here on may still move")
    restated = RestatedOut(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    truncated = serializers.BooleanField()
    total = serializers.IntegerField()
    next_cursor = serializers.CharField(allow_null=True)
    data_version = serializers.IntegerField()


@extend_schema_field(_ANY_OBJECT)
class AnyObject(serializers.DictField):
    """An object."""


class AnswerOut(serializers.Serializer):
    """An answer of the engine."""

    results = RowOut(many=True)
    totals = TotalsOut()
    other = OtherOut(allow_null=True)
    query = AnyObject(help_text="the question as resolved: absolute days, the zone")
    meta = MetaOut()
