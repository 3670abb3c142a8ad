"""Shapes of people, teams, tokens and audit events."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts import audit
from accounts.models import ApiToken, AuditEvent, Membership, RefreshFamily, Role, Team, User
from accounts.permissions import ROLES, TOKEN_SCOPES


class PasswordField(serializers.CharField):
    """A password, taken as it is."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(
            required=required, write_only=True, max_length=128, trim_whitespace=False, style={"input_type": "password"}
        )


class UserOut(serializers.ModelSerializer):
    """A person."""

    last_login = serializers.DateTimeField(read_only=True, allow_null=True)
    role = serializers.SerializerMethodField(help_text="admin for staff, else user; team roles stand with the team")
    team: serializers.SlugRelatedField[Team] = serializers.SlugRelatedField(
        source="current_team", slug_field="slug", read_only=True, allow_null=True, help_text="the current team"
    )

    class Meta:
        model = User
        fields = ["id", "email", "name", "is_active", "role", "team", "last_login", "created_at", "updated_at"]
        read_only_fields = fields

    def get_role(self, user: User) -> str:
        return "admin" if user.is_staff else "user"


class SignUpIn(serializers.Serializer):
    """A new account."""

    email = serializers.EmailField(max_length=254)
    password = PasswordField()
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")


class LoginIn(serializers.Serializer):
    """Address and password."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()


class TokenIn(serializers.Serializer):
    """Address, as ``email`` or ``username``, and password."""

    email = serializers.CharField(max_length=254, required=False)
    username = serializers.CharField(max_length=254, required=False, help_text="another name for email")
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs.get("email") or attrs.get("username")):
            raise serializers.ValidationError({"email": ["This field is required."]})
        return attrs


class RefreshIn(serializers.Serializer):
    """A refresh token, or address and password to sign in anew."""

    refresh_token = serializers.CharField(max_length=200, required=False)
    username = serializers.CharField(max_length=254, required=False)
    email = serializers.CharField(max_length=254, required=False)
    password = PasswordField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("refresh_token") and not attrs.get("password"):
            raise serializers.ValidationError({"refresh_token": ["This field is required."]})
        return attrs


class LogoutIn(serializers.Serializer):
    """The refresh token, when no access token is at hand."""

    refresh_token = serializers.CharField(max_length=200, required=False)


class TokenPairOut(serializers.Serializer):
    """Tokens of a sign-in."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(default="bearer")
    expires_in = serializers.IntegerField(help_text="seconds that the access token lives")


class ProfileIn(serializers.Serializer):
    """What people may change about themselves."""

    name = serializers.CharField(max_length=150, allow_blank=True)


class PasswordIn(serializers.Serializer):
    """The password now, and the next one."""

    current_password = PasswordField()
    new_password = PasswordField()


class AddressIn(serializers.Serializer):
    """An e-mail address."""

    email = serializers.EmailField(max_length=254)


class ResetIn(serializers.Serializer):
    """The key from the mail (what stands after ``key/`` in its link), and a new password."""

    token = serializers.CharField(max_length=200)
    password = PasswordField()


class MessageOut(serializers.Serializer):
    """A sentence."""

    message = serializers.CharField()


class SessionOut(serializers.ModelSerializer):
    """A sign-in through the API."""

    current = serializers.SerializerMethodField(help_text="whether this request came from it")
    is_live = serializers.SerializerMethodField()

    class Meta:
        model = RefreshFamily
        fields = ["id", "user_agent", "address", "created_at", "revoked_at", "revoked_because", "current", "is_live"]
        read_only_fields = fields

    def get_current(self, family: RefreshFamily) -> bool:
        return bool(family.pk == self.context.get("family"))

    def get_is_live(self, family: RefreshFamily) -> bool:
        return family.revoked_at is None


class TeamOut(serializers.ModelSerializer):
    """A team."""

    class Meta:
        model = Team
        fields = ["id", "slug", "name", "time_zone", "week_start", "currency", "is_demo", "created_at", "updated_at"]
        read_only_fields = fields


class TeamIn(serializers.Serializer):
    """A team's own facts."""

    name = serializers.CharField(max_length=100)
    time_zone = serializers.CharField(max_length=64, required=False, help_text="for example Europe/Berlin")
    week_start = serializers.IntegerField(min_value=0, max_value=6, required=False, help_text="0 is Monday")
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, help_text="ISO code, for example EUR")


class MemberOut(serializers.ModelSerializer):
    """Somebody in a team."""

    id = serializers.UUIDField(source="user_id", read_only=True, help_text="the person's id")
    email = serializers.EmailField(source="user.email", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    permissions = serializers.SerializerMethodField()
    joined_at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "email", "name", "role", "permissions", "joined_at"]
        read_only_fields = fields

    def get_permissions(self, membership: Membership) -> list[str]:
        return sorted(ROLES.get(membership.role, ()))


class MemberIn(serializers.Serializer):
    """Somebody with an account, and a role."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices, default=Role.MEMBER)


class RoleIn(serializers.Serializer):
    """A role."""

    role = serializers.ChoiceField(choices=Role.choices)


class RoleOut(serializers.Serializer):
    """A role and what it may do."""

    role = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())


class ApiTokenOut(serializers.ModelSerializer):
    """An API token without its secret."""

    created_by = serializers.EmailField(source="created_by.email", read_only=True, allow_null=True, default=None)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "prefix",
            "scopes",
            "created_by",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]
        read_only_fields = fields


class NewApiTokenOut(ApiTokenOut):
    """An API token with its secret, shown this once."""

    token = serializers.CharField(read_only=True, help_text="shown this once; keep it safe")

    class Meta(ApiTokenOut.Meta):
        fields = [*ApiTokenOut.Meta.fields, "token"]
        read_only_fields = fields


class ApiTokenIn(serializers.Serializer):
    """A new API token."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[(name, name) for name in TOKEN_SCOPES]), min_length=1, max_length=20
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class AuditEventOut(serializers.ModelSerializer):
    """One deed."""

    user = serializers.EmailField(source="user.email", read_only=True, allow_null=True, default=None)
    sentence = serializers.SerializerMethodField()
    details = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEvent
        fields = [
            "id",
            "verb",
            "sentence",
            "user",
            "object_type",
            "object_id",
            "object_label",
            "details",
            "request_id",
            "created_at",
        ]
        read_only_fields = fields

    def get_sentence(self, event: AuditEvent) -> str:
        return audit.sentence(event)
