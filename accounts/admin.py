"""The staff's view of people, teams, keys and events. Secrets are nowhere; memory is read-only."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts import events
from accounts.actions import people, tokens
from accounts.models import (
    ApiToken,
    AuditEvent,
    IdempotencyKey,
    Membership,
    OutboxEvent,
    RefreshFamily,
    Team,
    User,
)

# One way in: the admin asks the same sign-in page, with its limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
if admin.site.is_registered(Group):
    admin.site.unregister(Group)


class _ReadOnly:
    """Rows that nobody edits by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class MembershipInline(_ReadOnly, TabularInline):
    """Who is in the team, or which teams a person is in."""

    model = Membership
    fields = ["team", "user", "role", "created_at"]
    readonly_fields = fields
    extra = 0


@admin.register(User)
class UserAdmin(ModelAdmin):
    """People. They sign up themselves; staff can rename, switch off and on."""

    list_display = ["email", "name", "is_active", "is_staff", "current_team", "last_login", "created_at"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "is_active", "is_staff", "is_superuser", "current_team", "last_login", "created_at"]
    inlines = [MembershipInline]
    actions = ["disable", "enable"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["email", "is_active", "current_team", "last_login", "created_at"]
        return fixed if request.user.is_superuser else [*fixed, "is_staff", "is_superuser"]

    @admin.action(description="Switch off and end every sign-in")
    def disable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by = request.user if isinstance(request.user, User) else None
        for user in queryset:
            people.disable_user(user=user, by=by)
        messages.success(request, "The accounts are off.")

    @admin.action(description="Switch on again")
    def enable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by = request.user if isinstance(request.user, User) else None
        for user in queryset:
            people.enable_user(user=user, by=by)
        messages.success(request, "The accounts are on.")


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    """Teams."""

    list_display = ["name", "slug", "time_zone", "currency", "is_demo", "created_at"]
    list_filter = ["is_demo"]
    search_fields = ["name", "slug"]
    readonly_fields = ["slug", "is_demo", "created_at", "updated_at"]
    inlines = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(_ReadOnly, ModelAdmin):
    """Who is in which team."""

    list_display = ["user", "team", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "team"]
    search_fields = ["user__email", "team__name"]


@admin.register(ApiToken)
class ApiTokenAdmin(_ReadOnly, ModelAdmin):
    """API tokens, without anything that opens a door."""

    list_display = ["name", "prefix", "team", "created_by", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["team", "created_by"]
    search_fields = ["name", "prefix", "team__name"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        by = request.user if isinstance(request.user, User) else None
        for token in queryset.select_related("team"):
            tokens.revoke_token(token=token, by=by)
        messages.success(request, "The tokens are revoked.")


@admin.register(RefreshFamily)
class RefreshFamilyAdmin(_ReadOnly, ModelAdmin):
    """Sign-ins through the API."""

    list_display = ["user", "user_agent", "address", "created_at", "revoked_at", "revoked_because"]
    list_filter = ["revoked_because"]
    list_select_related = ["user"]
    search_fields = ["user__email"]


@admin.register(AuditEvent)
class AuditEventAdmin(_ReadOnly, ModelAdmin):
    """Who did what."""

    list_display = ["created_at", "verb", "user", "object_label", "team", "request_id"]
    list_filter = ["verb"]
    list_select_related = ["user", "team"]
    search_fields = ["verb", "object_label", "user__email", "request_id"]
    date_hierarchy = "created_at"


@admin.register(OutboxEvent)
class OutboxEventAdmin(_ReadOnly, ModelAdmin):
    """Events and their delivery."""

    list_display = ["name", "team", "created_at", "delivered_at", "attempts", "next_try_at", "last_error"]
    list_filter = ["name", ("delivered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team"]
    search_fields = ["name", "id"]
    actions = ["redeliver"]

    @admin.action(description="Deliver again")
    def redeliver(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> None:
        changed = events.redeliver(list(queryset.values_list("pk", flat=True)))
        messages.success(request, f"{changed} events are delivered again.")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(_ReadOnly, ModelAdmin):
    """Answers kept for repeats of the same request."""

    list_display = ["key", "owner", "status", "created_at"]
    search_fields = ["key", "owner"]
    exclude = ["body"]
