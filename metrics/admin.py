"""Staff's view of numbers and texts. Facts are read-only; what a team may edit goes through the same actions.

Observation, Rollup and SeriesCut have composite keys, which the Django admin can't address: their numbers
are at /api/v1/observations and behind every series here. DataVersion is a counter and has no page.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from unfold.admin import ModelAdmin

from accounts.models import User
from livinglytics.lib.buckets import from_day_number
from livinglytics.lib.errors import ProductError
from metrics.actions import annotate, catalog
from metrics.models import Annotation, CustomMetric, Cut, Document, Restatement, Series


class FactAdmin(ModelAdmin):
    """Facts come from sources: they can be looked at, not touched."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Series)
class SeriesAdmin(FactAdmin):
    """Lines of numbers."""

    list_display = ("metric", "dimensions", "clock", "source_id", "team_id")
    list_filter = ("clock",)
    search_fields = ("metric", "=team_id", "=source_id")
    ordering = ("-id",)


@admin.register(Cut)
class CutAdmin(FactAdmin):
    """Ways to add up; total cuts are the fill records."""

    list_display = ("metric", "dimension", "value", "clock", "fold", "days", "proved", "source_id")
    list_filter = ("clock", "fold")
    search_fields = ("metric", "dimension", "value", "=source_id")
    ordering = ("-id",)

    @admin.display(description="days with numbers")
    def days(self, cut: Cut) -> str:
        return _span(cut.first_day, cut.last_day)

    @admin.display(description="proved complete")
    def proved(self, cut: Cut) -> str:
        return _span(cut.proven_from, cut.proven_through)


@admin.register(Restatement)
class RestatementAdmin(FactAdmin):
    """Numbers that a later sync changed."""

    list_display = ("metric", "local_day", "old_value", "new_value", "changed_at", "source_id")
    search_fields = ("metric", "=source_id", "=team_id")
    date_hierarchy = "changed_at"

    @admin.display(description="day", ordering="day")
    def local_day(self, row: Restatement) -> str:
        return from_day_number(row.day).isoformat()


@admin.register(Document)
class DocumentAdmin(FactAdmin):
    """Texts that people wrote."""

    list_display = ("__str__", "kind", "platform", "language", "rating", "written_at", "is_withdrawn")
    list_filter = ("kind", "platform", "language", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("title", "text", "author", "=external_id", "=source_id")
    date_hierarchy = "written_at"

    @admin.display(boolean=True, description="withdrawn")
    def is_withdrawn(self, document: Document) -> bool:
        return document.deleted_at is not None


class ByAction(ModelAdmin):
    """Writes through the product's actions; what they refuse is told, and nothing happens."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            found: HttpResponseBase = super().changeform_view(request, *args, **kwargs)
        except ProductError as error:
            return _refused(request, error)
        return found

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            found: HttpResponseBase = super().delete_view(request, *args, **kwargs)
        except ProductError as error:
            return _refused(request, error)
        return found

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            found: HttpResponseBase = super().changelist_view(request, *args, **kwargs)
        except ProductError as error:
            return _refused(request, error)
        return found


@admin.register(CustomMetric)
class CustomMetricAdmin(ByAction):
    """Metrics that teams described."""

    list_display = ("label", "key", "kind", "unit", "direction", "origin", "team")
    list_filter = ("kind", "origin")
    list_select_related = ("team",)
    search_fields = ("key", "label", "team__name", "team__slug")
    readonly_fields: ClassVar[tuple[str, ...]] = ("origin", "created_at", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: CustomMetric | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else ("team", "key", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: CustomMetric, form: Any, change: bool) -> None:
        values = {name: value for name, value in form.cleaned_data.items() if name in catalog.FIELDS}
        if change:
            catalog.change_metric(metric=obj, by=_staff(request), changes=values)
        else:
            obj.pk = catalog.define_metric(team=obj.team, by=_staff(request), key=obj.key, **values).pk

    def delete_model(self, request: HttpRequest, obj: CustomMetric) -> None:
        catalog.delete_metric(metric=obj, by=_staff(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CustomMetric]) -> None:
        for metric in queryset.select_related("team"):
            self.delete_model(request, metric)


@admin.register(Annotation)
class AnnotationAdmin(ByAction):
    """Notes on days."""

    list_display = ("day", "title", "kind", "team")
    list_filter = ("kind",)
    list_select_related = ("team",)
    search_fields = ("title", "team__name", "team__slug")
    date_hierarchy = "day"
    fields = ("team", "day", "title", "kind")

    def get_readonly_fields(self, request: HttpRequest, obj: Annotation | None = None) -> tuple[str, ...]:
        return () if obj is None else ("team",)

    def save_model(self, request: HttpRequest, obj: Annotation, form: Any, change: bool) -> None:
        given = form.cleaned_data
        values = {name: given[name] for name in ("day", "title", "kind") if name in given}
        if change:
            annotate.change_annotation(annotation=obj, by=_staff(request), changes=values)
        else:
            obj.pk = annotate.annotate(team=obj.team, by=_staff(request), **values).pk

    def delete_model(self, request: HttpRequest, obj: Annotation) -> None:
        annotate.delete_annotation(annotation=obj, by=_staff(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Annotation]) -> None:
        for note in queryset.select_related("team"):
            self.delete_model(request, note)


def _span(first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return "–"
    return f"{from_day_number(first)} to {from_day_number(last)}"


def _staff(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _refused(request: HttpRequest, error: ProductError) -> HttpResponseBase:
    words = " ".join(message for found in error.details.values() for message in found)
    messages.error(request, f"{error.message} {words}".strip())
    return HttpResponseRedirect(request.get_full_path())
