"""Shapes of answers: connectors, sources, runs, files, schedules."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sources.connectors import connectors
from sources.models import Job, Quarantined, Schedule, ScheduleSlot, UploadedFile
from sources.selectors.health import SourceHealth, trouble
from sources.selectors.schedules import in_words
from sources.selectors.signed_in import accounts_of


class StreamOut(serializers.Serializer):
    """One kind of record."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    record = serializers.CharField(help_text="metrics or documents")
    note = serializers.CharField()


class MetricOut(serializers.Serializer):
    """One metric that is brought."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()
    unit = serializers.CharField()
    description = serializers.CharField()


class ConnectorOut(serializers.Serializer):
    """One kind of source."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    summary = serializers.CharField()
    category = serializers.CharField()
    connect = serializers.CharField(help_text="form, file, push or click")
    icon = serializers.CharField()
    version = serializers.IntegerField()
    every_seconds = serializers.IntegerField(allow_null=True)
    streams = StreamOut(many=True)
    metrics = MetricOut(many=True)
    config = serializers.DictField(help_text="JSON Schema (draft 2020-12) of the settings; secrets are writeOnly")


class TroubleOut(serializers.Serializer):
    """What went wrong and what to do."""

    code = serializers.CharField()
    message = serializers.CharField()
    to_do = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    streams = serializers.ListField(child=serializers.CharField())


class JobOut(serializers.ModelSerializer):
    """One run."""

    source = serializers.UUIDField(source="source_id", read_only=True)  # type: ignore[assignment]
    source_name = serializers.CharField(source="source.name", read_only=True)
    progress = serializers.IntegerField(source="percent", read_only=True, allow_null=True, help_text="whole percent")
    cancel_requested = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = [
            *("id", "source", "source_name", "kind", "status", "trigger", "attempt", "stream", "phase", "progress"),
            *("done", "total", "unit", "message", "counts", "warnings", "quota", "run_after", "cancel_requested"),
            *("error", "created_at", "started_at", "finished_at"),
        ]
        read_only_fields = fields

    def get_cancel_requested(self, job: Job) -> bool:
        return job.cancel_requested_at is not None

    @extend_schema_field(TroubleOut(allow_null=True))
    def get_error(self, job: Job) -> Any:
        found = trouble(job)
        return TroubleOut(found).data if found else None


class AccountOut(serializers.Serializer):
    """An account that a source reads with. ``connected`` is empty while nobody signed in."""

    name = serializers.CharField(help_text="of the setting")
    label = serializers.CharField()  # type: ignore[assignment]
    provider = serializers.CharField(source="key", help_text="where to sign in, such as google")
    connected = serializers.CharField(help_text="whose account it is, and since when")
    problem = serializers.CharField(help_text="why nobody can sign in here")


class SourceOut(serializers.Serializer):
    """One connected thing. Secrets never leave the server: ``secrets`` says when each was set."""

    id = serializers.UUIDField(source="source.pk")
    kind = serializers.CharField(source="source.kind")
    name = serializers.CharField(source="source.name")
    slug = serializers.CharField(source="source.slug")
    identity = serializers.CharField(source="source.identity")
    config = serializers.DictField(source="source.config")
    secrets = serializers.DictField(child=serializers.CharField())
    accounts = serializers.SerializerMethodField(help_text="what it reads with by signing in")
    state = serializers.CharField(source="source.state", help_text="active, paused or attention")
    state_reason = serializers.CharField(source="source.state_reason")
    status = serializers.CharField(help_text="running, waiting, paused, attention, failed, partial, ok or new")
    freshness = serializers.CharField(help_text="the same in words")
    is_demo = serializers.BooleanField(source="source.is_demo")
    last_success_at = serializers.DateTimeField(allow_null=True)
    next_run_at = serializers.DateTimeField(allow_null=True)
    bad_rows = serializers.IntegerField()
    error = TroubleOut(source="trouble", allow_null=True)
    open_job = serializers.UUIDField(source="open_job.pk", allow_null=True, default=None)
    created_at = serializers.DateTimeField(source="source.created_at")

    @extend_schema_field(AccountOut(many=True))
    def get_accounts(self, health: SourceHealth) -> Any:
        kind = health.source.kind
        found = accounts_of(connectors.get(kind), health.secrets) if kind in connectors else ()
        return AccountOut(found, many=True).data


class ConnectedOut(serializers.Serializer):
    """A new source and its first run."""

    source = SourceOut()  # type: ignore[assignment]
    job = JobOut(allow_null=True)
    checked = serializers.CharField(help_text="what the service said")
    awaits = serializers.CharField(help_text="the account to sign in with before it is read; see oauth/start")


class LeaveOut(serializers.Serializer):
    """Where to go on to sign in."""

    authorize_url = serializers.CharField(help_text="open it in a browser where you are signed in here")


class CheckedOut(serializers.Serializer):
    """Whether the settings work. ``field`` names the one at fault."""

    ok = serializers.BooleanField()
    message = serializers.CharField()
    field = serializers.CharField()
    identity = serializers.CharField()


class DiscoveredOut(serializers.Serializer):
    """What the settings lead to."""

    streams = StreamOut(many=True)
    metrics = MetricOut(many=True)


class RejectedOut(serializers.Serializer):
    """A row that could not be taken."""

    external_id = serializers.CharField()
    reason = serializers.CharField()


class PreviewedOut(serializers.Serializer):
    """The first rows as they would be stored."""

    stream = serializers.CharField()
    records = serializers.ListField(child=serializers.DictField())
    rejected = RejectedOut(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class QuarantinedOut(serializers.ModelSerializer):
    """A row that could not be taken, as it came."""

    job = serializers.UUIDField(source="job_id", read_only=True)

    class Meta:
        model = Quarantined
        fields = ["id", "stream", "external_id", "reason", "payload", "job", "created_at"]
        read_only_fields = fields


class FileOut(serializers.ModelSerializer):
    """A stored file."""

    source = serializers.UUIDField(source="source_id", read_only=True, allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = UploadedFile
        fields = ["id", "name", "size", "sha256", "source", "created_at"]
        read_only_fields = fields


class PreviewRowOut(serializers.Serializer):
    """What one row will become, or why it can't be stored."""

    number = serializers.IntegerField(help_text="as a spreadsheet shows it")
    records = serializers.ListField(child=serializers.DictField())
    error = serializers.CharField()


class LookedOut(serializers.Serializer):
    """A file, its columns and what would be made of it."""

    file = FileOut()
    shape = serializers.DictField(help_text="format, columns with their guesses, a sample, problems")
    plan = serializers.DictField(allow_null=True, help_text="what becomes of each column; correct it and send it back")
    remembered = serializers.BooleanField(help_text="the plan was confirmed for such a file before")
    preview = PreviewRowOut(many=True)
    problem = serializers.CharField(help_text="why there is no plan")


class ScheduleOut(serializers.ModelSerializer):
    """When a source is synced or a project is scraped by itself."""

    source = serializers.UUIDField(source="source_id", read_only=True, allow_null=True)  # type: ignore[assignment]
    source_name = serializers.CharField(source="source.name", read_only=True, allow_null=True, default=None)
    project = serializers.UUIDField(source="project_id", read_only=True, allow_null=True)
    project_name = serializers.CharField(source="project.name", read_only=True, allow_null=True, default=None)
    words = serializers.SerializerMethodField(help_text="the expression in words")
    time_zone = serializers.CharField(source="team.time_zone", read_only=True)

    class Meta:
        model = Schedule
        fields = [
            *("id", "source", "source_name", "project", "project_name", "expression", "words", "time_zone"),
            *("enabled", "catch_up", "next_due_at", "updated_at"),
        ]
        read_only_fields = fields

    def get_words(self, schedule: Schedule) -> str:
        return in_words(schedule.expression)


class SlotOut(serializers.ModelSerializer):
    """One due moment that was taken."""

    job = serializers.UUIDField(source="job_id", read_only=True, allow_null=True)
    scrape = serializers.UUIDField(source="scrape_id", read_only=True, allow_null=True)
    status = serializers.SerializerMethodField(help_text="what became of it, null while nothing did")

    class Meta:
        model = ScheduleSlot
        fields = ["id", "due_at", "outcome", "job", "scrape", "status"]
        read_only_fields = fields

    def get_status(self, slot: ScheduleSlot) -> str | None:
        made = slot.job or slot.scrape
        return str(made.status) if made is not None else None


class ErrorItemOut(serializers.Serializer):
    """Why one item was refused."""

    index = serializers.IntegerField(help_text="which item, from 0")
    code = serializers.CharField()
    field = serializers.CharField()
    message = serializers.CharField()


class ReceiptOut(serializers.Serializer):
    """What became of the items."""

    batch_id = serializers.UUIDField()
    source = serializers.CharField(help_text="slug of the source they went to")  # type: ignore[assignment]
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    errors = ErrorItemOut(many=True)  # type: ignore[assignment]


class StartedOut(serializers.Serializer):
    """A run that was asked for."""

    job_id = serializers.UUIDField()
    message = serializers.CharField()
