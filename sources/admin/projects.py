"""Projects, targets, scrapes, presets and keys in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from sources import vault
from sources.actions.scrapes import cancel_scrape, start_scrape
from sources.admin.floor import ReadOnly, each
from sources.models import ApiKey, Preset, Project, Scrape, ScrapePart, Target


@admin.register(Project)
class ProjectAdmin(ReadOnly):
    list_display = ("name", "team", "status", "preset", "created_by", "updated_at")
    list_filter = ("status",)
    search_fields = ("=id", "name", "description", "team__name")
    list_select_related = ("team", "created_by")
    actions = ("scrape",)

    @admin.action(description="Scrape now", permissions=["view"])
    def scrape(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        each(request, queryset, lambda row, by: start_scrape(project=row, by=by, trigger="admin"), "started")


@admin.register(Target)
class TargetAdmin(ReadOnly):
    list_display = ("__str__", "platform", "project", "team", "status", "error_message", "source")
    list_filter = ("platform", "status")
    search_fields = ("=id", "url", "external_id", "label", "project__name", "team__name")
    list_select_related = ("project", "team", "source")


class Parts(TabularInline):
    """What the scrape asked of each target."""

    model = ScrapePart
    fields = ("target", "job", "error")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False
    per_page = 50


@admin.register(Scrape)
class ScrapeAdmin(ReadOnly):
    list_display = ("project", "team", "status", "trigger", "created_by", "created_at", "finished_at")
    list_filter = ("status", "trigger")
    search_fields = ("=id", "project__name", "team__name", "error_message")
    list_select_related = ("project", "team", "created_by")
    inlines = (Parts,)
    actions = ("cancel",)

    @admin.action(description="Cancel", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Scrape]) -> None:
        rows = queryset.select_related("project", "team")
        each(request, rows, lambda row, by: cancel_scrape(scrape=row, by=by), "cancelled")


@admin.register(Preset)
class PresetAdmin(ReadOnly):
    list_display = ("name", "team", "description", "updated_at")
    search_fields = ("name", "team__name")
    list_select_related = ("team",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ("provider", "label", "team", "shown", "is_valid", "tested_at")
    list_filter = ("provider", "is_valid")
    search_fields = ("provider", "label", "team__name")
    list_select_related = ("team",)
    fields = ("provider", "label", "team", "settings", "shown", "is_valid", "tested_at", "test_message", "created_at")

    @admin.display(description="secrets")
    def shown(self, key: Any) -> str:
        return "; ".join(f"{name}: {vault.in_words(hint)}" for name, hint in sorted(key.hints.items()))
