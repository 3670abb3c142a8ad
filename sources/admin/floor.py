"""Sources, runs, rows, schedules and credentials in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.models import User
from livinglytics.lib.errors import ProductError
from sources import vault
from sources.actions.replay import replay
from sources.actions.sync import cancel_job, queue_sync, retry_job
from sources.models import (
    Credential,
    Job,
    PendingSignIn,
    Quarantined,
    RawRecord,
    SavedMapping,
    Schedule,
    ScheduleSlot,
    Source,
    StreamState,
    UploadedFile,
)
from sources.selectors.schedules import in_words


def each(request: HttpRequest, rows: QuerySet[Any], deed: Callable[[Any, User], object], done: str) -> None:
    """Do it to each row by itself and say what came of it."""
    count = 0
    for row in rows:
        try:
            deed(row, cast(User, request.user))
            count += 1
        except ProductError as error:
            messages.error(request, f"{row}: {error.message}")
    if count:
        messages.success(request, f"{count} {done}.")


class ReadOnly(ModelAdmin):
    """Rows that only the product writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StreamStates(TabularInline):
    """How far each stream was read. Deleting one makes the next sync read it from the start."""

    model = StreamState
    fields = ("stream", "state", "updated_at")
    readonly_fields = fields
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Source)
class SourceAdmin(ModelAdmin):
    list_display = ("name", "team", "kind", "state", "last_success_at", "failures_in_a_row")
    list_filter = ("kind", "state", "is_demo")
    search_fields = ("name", "slug", "identity", "team__name", "=id")
    list_select_related = ("team",)
    readonly_fields = (
        *("id", "team", "kind", "slug", "config", "identity", "is_demo", "created_by", "created_at"),
        *("last_success_at", "last_attempt_at", "failures_in_a_row"),
    )
    fields = ("name", "state", "state_reason", *readonly_fields)
    inlines = (StreamStates,)
    actions = ("sync_now", "replay_all")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Sync now")
    def sync_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        each(request, queryset.select_related("team"), _sync, "queued")

    @admin.action(description="Replay stored rows")
    def replay_all(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        each(request, queryset.select_related("team"), _replay, "queued")


def _sync(source: Source, by: User) -> object:
    return queue_sync(source=source, by=by, trigger="admin")


def _replay(source: Source, by: User) -> object:
    return replay(source=source, by=by)


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("source", "kind", "status", "progress", "trigger", "attempt", "worker", "created_at", "finished_at")
    list_filter = ("status", "kind", "trigger")
    search_fields = ("=id", "source__name", "error_code", "error_message", "worker")
    list_select_related = ("source",)
    date_hierarchy = "created_at"
    actions = ("retry", "cancel", "replay_source")

    @admin.display(description="progress")
    def progress(self, job: Job) -> str:
        share = f"{job.percent} %" if job.percent is not None else "–"
        return f"{share} ({job.done} {job.unit})" if job.done else share

    @admin.action(description="Start again", permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        each(request, queryset.select_related("source", "team"), lambda job, by: retry_job(job=job, by=by), "queued")

    @admin.action(description="Cancel", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        each(
            request, queryset.select_related("source", "team"), lambda job, by: cancel_job(job=job, by=by), "cancelled"
        )

    @admin.action(description="Replay the source's stored rows", permissions=["view"])
    def replay_source(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        rows = queryset.select_related("source__team")
        each(request, rows, lambda job, by: replay(source=job.source, by=by), "queued")


class Counted:
    """Big tables: no count of all rows, no slow filters."""

    show_full_result_count = False
    list_per_page = 50


@admin.register(RawRecord)
class RawRecordAdmin(Counted, ReadOnly):
    list_display = ("stream", "external_id", "source_id", "source_updated_at", "last_seen")
    search_fields = ("=external_id", "=source_id")
    search_help_text = "The whole external id, or the id of a source."


@admin.register(Quarantined)
class QuarantinedAdmin(Counted, ReadOnly):
    list_display = ("reason", "stream", "external_id", "source_id", "created_at")
    search_fields = ("=external_id", "=source_id", "reason")
    list_filter = ("stream",)


@admin.register(UploadedFile)
class UploadedFileAdmin(ReadOnly):
    list_display = ("name", "team", "source", "size", "created_by", "created_at")
    search_fields = ("name", "sha256", "team__name")
    list_select_related = ("team", "source", "created_by")


@admin.register(SavedMapping)
class SavedMappingAdmin(ReadOnly):
    list_display = ("name", "team", "signature", "updated_at")
    search_fields = ("name", "signature", "team__name")
    list_select_related = ("team",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class Slots(TabularInline):
    """The newest due moments."""

    model = ScheduleSlot
    fields = ("due_at", "outcome", "job", "scrape")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False
    per_page = 20


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly):
    list_display = ("__str__", "source", "project", "team", "words", "enabled", "catch_up", "next_due_at")
    list_filter = ("enabled", "catch_up")
    search_fields = ("source__name", "project__name", "team__name", "expression")
    list_select_related = ("source", "project", "team")
    inlines = (Slots,)

    @admin.display(description="in words")
    def words(self, schedule: Schedule) -> str:
        return in_words(schedule.expression)


@admin.register(Credential)
class CredentialAdmin(ReadOnly):
    list_display = ("source", "team", "shown", "updated_at")
    search_fields = ("source__name", "team__name")
    list_select_related = ("source", "team")
    fields = ("source", "team", "shown", "created_at", "updated_at")

    @admin.display(description="secrets")
    def shown(self, credential: Credential) -> str:
        return "; ".join(f"{name}: {vault.in_words(hint)}" for name, hint in sorted(credential.hints.items()))


@admin.register(PendingSignIn)
class PendingSignInAdmin(ReadOnly):
    """Who was sent to a provider and is awaited back. Nothing of what travels or is sealed is shown."""

    list_display = ("source", "team", "user", "option", "created_at", "expires_at")
    search_fields = ("source__name", "team__name", "user__email")
    list_select_related = ("source", "team", "user")
    fields = ("source", "team", "user", "option", "redirect_uri", "created_at", "expires_at")
