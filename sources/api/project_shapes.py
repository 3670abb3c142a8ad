"""Shapes of projects, targets, scrapes, presets and keys, in and out."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sources import vault
from sources.models import ApiKey, Project, ProjectStatus, Scrape, Target
from sources.projects.rules import RULES, Rule
from sources.selectors.scrapes import Counts, ScrapeView, views_of

SCRAPE_STATUSES: Final = ["queued", "running", "completed", "partial", "failed", "cancelled"]


def _field(rule: Rule) -> serializers.Field:
    """A field of the configuration for the schema; its bounds are checked where they are declared."""
    shown: dict[str, Any] = {"required": False, "help_text": rule.label}
    match rule.kind:
        case "boolean":
            return serializers.BooleanField(**shown)
        case "integer":
            return serializers.IntegerField(**shown, min_value=int(rule.low or 0), max_value=int(rule.high or 0))
        case "number":
            return serializers.FloatField(**shown, min_value=rule.low, max_value=rule.high)
        case "choice":
            return serializers.ChoiceField(**shown, choices=rule.choices)
        case "days":
            return serializers.ListField(**shown, child=serializers.IntegerField(min_value=0, max_value=6))
        case "names":
            return serializers.ListField(**shown, child=serializers.CharField(max_length=40))
    return serializers.CharField(**shown, allow_blank=True, max_length=int(rule.high or 100))


def _section(name: str) -> type[serializers.Serializer]:
    fields: dict[str, Any] = {key: _field(rule) for key, rule in RULES[name].items()}
    about = {"__doc__": f"The section {name} of a project's configuration."}
    return type(f"Project{name.capitalize()}", (serializers.Serializer,), {**fields, **about})


class ConfigShape(serializers.Serializer):
    """The configuration of a project by section; what is left out stays as it is."""

    scrapers = _section("scrapers")(required=False)
    llm = _section("llm")(required=False)
    analysis = _section("analysis")(required=False)
    schedule = _section("schedule")(required=False)
    limits = _section("limits")(required=False)


class ProductShape(serializers.Serializer):
    """What is watched."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    category = serializers.CharField(required=False, allow_blank=True, max_length=20)
    description = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    website = serializers.CharField(required=False, allow_blank=True, max_length=500)
    competitors = serializers.ListField(required=False, child=serializers.CharField(max_length=100), max_length=20)


class ProjectIn(serializers.Serializer):
    """A project. ``urls`` are added as targets at once, an answer for each."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    preset = serializers.CharField(required=False, allow_blank=True, max_length=60, help_text="key or id of a preset")
    product = ProductShape(required=False)
    config = ConfigShape(required=False)
    urls = serializers.ListField(required=False, child=serializers.CharField(max_length=4_000), max_length=50)


class ProjectChangeIn(serializers.Serializer):
    """Changes to a project; what is left out stays."""

    name = serializers.CharField(required=False, max_length=100)
    description = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    status = serializers.ChoiceField(required=False, choices=ProjectStatus.choices)
    preset = serializers.CharField(required=False, allow_blank=True, max_length=60)
    product = ProductShape(required=False)
    config = ConfigShape(required=False)


class ProjectOut(serializers.ModelSerializer):
    """One project."""

    product = ProductShape(read_only=True)
    config = ConfigShape(read_only=True)
    next_run_at = serializers.SerializerMethodField(help_text="when it is scraped by itself next")

    class Meta:
        model = Project
        fields = [
            *("id", "name", "description", "status", "preset", "product", "config", "next_run_at"),
            *("archived_at", "created_at", "updated_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_run_at(self, project: Project) -> Any:
        schedule = getattr(project, "schedule", None)
        return schedule.next_due_at if schedule is not None else None


class TargetIn(serializers.Serializer):
    """One address. ``platform`` is needed for a bare id and for a page of the web."""

    url = serializers.CharField(max_length=4_000)
    platform = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    label = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, max_length=120, default=""
    )
    competitor = serializers.CharField(
        required=False, allow_blank=True, max_length=100, default="", help_text="whose it is; empty for the own product"
    )
    settings = serializers.DictField(
        required=False, default=dict, help_text="settings of the connector for this target, such as languages"
    )
    follow = serializers.BooleanField(required=False, default=False, help_text="look up where a short link leads")


class BulkIn(serializers.Serializer):
    """Up to 50 addresses, all read in the same way."""

    urls = serializers.ListField(child=serializers.CharField(max_length=4_000), min_length=1, max_length=50)
    platform = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    competitor = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")
    follow = serializers.BooleanField(required=False, default=False)


class TargetChangeIn(serializers.Serializer):
    """Changes to a target; what is left out stays."""

    label = serializers.CharField(required=False, allow_blank=True, max_length=120)  # type: ignore[assignment]
    competitor = serializers.CharField(required=False, allow_blank=True, max_length=100)
    status = serializers.ChoiceField(required=False, choices=["active", "paused"])
    settings = serializers.DictField(required=False)


class TargetOut(serializers.ModelSerializer):
    """One target. ``source`` reads it; null while a key for it is missing."""

    source = serializers.UUIDField(source="source_id", read_only=True, allow_null=True)  # type: ignore[assignment]
    last_scraped_at = serializers.DateTimeField(
        source="source.last_success_at", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Target
        fields = [
            *("id", "url", "label", "platform", "kind", "external_id", "competitor", "settings", "status"),
            *("error_message", "source", "last_scraped_at", "created_at"),
        ]
        read_only_fields = fields


class AddedOut(serializers.Serializer):
    """What became of one address: the target, or why it is none."""

    url = serializers.CharField()
    target = TargetOut(allow_null=True)
    error = serializers.CharField(allow_blank=True)


class BulkOut(serializers.Serializer):
    """An answer for each address, in the order they came."""

    added = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = AddedOut(many=True)


class ScrapeIn(serializers.Serializer):
    """What to read; everything new when left out."""

    max_results = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1_000)
    include_replies = serializers.BooleanField(required=False, default=True)
    date_from = serializers.DateField(required=False, allow_null=True)
    date_to = serializers.DateField(required=False, allow_null=True)


class ScrapeStatsOut(serializers.Serializer):
    """Counts over the runs of a scrape."""

    targets_total = serializers.IntegerField()
    targets_completed = serializers.IntegerField()
    results_total = serializers.IntegerField(help_text="new and changed texts and numbers")
    requests_made = serializers.IntegerField()
    errors_count = serializers.IntegerField()


class PartOut(serializers.Serializer):
    """One target of a scrape."""

    target_id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()
    platform = serializers.CharField()
    status = serializers.ChoiceField(choices=["pending", "running", "completed", "partial", "failed", "cancelled"])
    progress = serializers.IntegerField(source="percent", allow_null=True)
    results_count = serializers.IntegerField(source="results")
    error = serializers.CharField(allow_blank=True)
    job_id = serializers.UUIDField(source="job.pk", allow_null=True, default=None)


class ScrapeOut(serializers.Serializer):
    """One scrape: ``job`` in the words of the Sentimatrix Studio documents."""

    id = serializers.UUIDField(source="scrape.pk")
    project_id = serializers.UUIDField(source="scrape.project_id")
    status = serializers.ChoiceField(choices=SCRAPE_STATUSES)
    progress = serializers.IntegerField(source="counts.percent")
    stats = serializers.SerializerMethodField()
    options = serializers.DictField(source="scrape.options")
    trigger = serializers.CharField(source="scrape.trigger")
    started_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(source="scrape.finished_at", allow_null=True)
    error_message = serializers.CharField(source="scrape.error_message", allow_blank=True)

    @extend_schema_field(ScrapeStatsOut)
    def get_stats(self, view: ScrapeView) -> dict[str, int]:
        return stats_words(view.counts)


class ProgressOut(ScrapeOut):
    """The same with every target."""

    targets = PartOut(many=True)


class ScrapeListOut(serializers.ListSerializer):
    """Rows of a page with their counts, one query for all."""

    def to_representation(self, data: Any) -> list[Any]:
        rows: list[Scrape] = list(data)
        return [ScrapeOut(one).data for one in views_of(rows)]


class ScrapeRowOut(ScrapeOut):
    """One scrape of a list."""

    class Meta:
        list_serializer_class = ScrapeListOut


class PresetIn(serializers.Serializer):
    """An own preset."""

    name = serializers.CharField(max_length=60)
    description = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")
    config = ConfigShape(required=False)


class PresetChangeIn(serializers.Serializer):
    """Changes to an own preset; what is left out stays."""

    name = serializers.CharField(required=False, max_length=60)
    description = serializers.CharField(required=False, allow_blank=True, max_length=300)
    config = ConfigShape(required=False)


class PresetOut(serializers.Serializer):
    """One preset."""

    id = serializers.CharField(help_text="a key for the five that come with the product, a UUID for an own one")
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    is_system = serializers.BooleanField()
    config = ConfigShape()
    updated_at = serializers.DateTimeField(allow_null=True)


class KeyIn(serializers.Serializer):
    """A key. ``values``: the settings that make it up, by name."""

    provider = serializers.CharField(max_length=40)
    label = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, max_length=80, default=""
    )
    values = serializers.DictField(child=serializers.CharField(max_length=10_000))


class KeyChangeIn(serializers.Serializer):
    """Other values for a key: all that make it up, by name."""

    values = serializers.DictField(child=serializers.CharField(max_length=10_000))


class KeyOut(serializers.ModelSerializer):
    """One key, masked: it never leaves the server again."""

    masked_key = serializers.SerializerMethodField(help_text="when each part was set and how a long one ends")
    used_by = serializers.IntegerField(source="used", read_only=True, default=0, help_text="sources that use it")

    class Meta:
        model = ApiKey
        fields = [
            *("id", "provider", "label", "settings", "masked_key", "is_valid", "tested_at", "test_message"),
            *("used_by", "created_at"),
        ]
        read_only_fields = fields

    def get_masked_key(self, key: ApiKey) -> dict[str, str]:
        return {name: vault.in_words(hint) for name, hint in key.hints.items()}


class TestIn(serializers.Serializer):
    """Where to try a key: an address that its targets have, such as a video or a company's page."""

    url = serializers.CharField(required=False, allow_blank=True, max_length=4_000, default="")


_NAMES: Final = ("targets_total", "targets_completed", "results_total", "requests_made", "errors_count")


def stats_words(counts: Counts) -> dict[str, int]:
    """The counts of a scrape under their documented names."""
    return dict(zip(_NAMES, (counts.total, counts.done, counts.results, counts.requests, counts.failed), strict=True))
