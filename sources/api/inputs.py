"""Shapes of what is sent to us."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ConnectIn(serializers.Serializer):
    """A new source. ``config``: the settings of its kind, secrets included."""

    kind = serializers.CharField(max_length=40, help_text="key of a connector")
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    config = serializers.DictField(required=False, default=dict)
    check = serializers.BooleanField(required=False, default=True, help_text="ask the service before saving")


class ChangeIn(serializers.Serializer):
    """Changes. Settings that are left out stay, secrets too."""

    name = serializers.CharField(max_length=120, required=False)
    config = serializers.DictField(required=False)
    check = serializers.BooleanField(required=False, default=True, help_text="ask the service before saving")


class CheckIn(serializers.Serializer):
    """Settings to try."""

    config = serializers.DictField(required=False, default=dict)


class PreviewIn(serializers.Serializer):
    """Which stream; the first one when left out."""

    stream = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class BackfillIn(serializers.Serializer):
    """Days of the past, both included. Without ``to``: up to yesterday."""

    date_from = serializers.DateField()
    date_to = serializers.DateField(required=False, allow_null=True, default=None)


class ReplayIn(serializers.Serializer):
    """From which day of the team on; everything when left out."""

    since = serializers.DateField(required=False, allow_null=True, default=None)


class SignInIn(serializers.Serializer):
    """Which account; the first one when left out."""

    account = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class UploadIn(serializers.Serializer):
    """One file as multipart/form-data."""

    file = serializers.FileField(max_length=1000)


class PlanIn(serializers.Serializer):
    """A plan to try."""

    plan = serializers.DictField()


class ImportIn(serializers.Serializer):
    """What to import into which source. Without ``plan`` the proposed or remembered one is used."""

    plan = serializers.DictField(required=False, allow_null=True, default=None)
    source = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, default=None, help_text="id of a source that is fed by files"
    )
    name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default="", help_text="of a new source"
    )
    partial = serializers.BooleanField(  # type: ignore[assignment]
        required=False, default=False, help_text="store the good rows even if some are bad"
    )


class ScheduleIn(serializers.Serializer):
    """When to sync: five cron fields in the team's time zone."""

    expression = serializers.CharField(max_length=100)
    enabled = serializers.BooleanField(required=False, default=True)
    catch_up = serializers.ChoiceField(
        choices=[("once", "Run once"), ("skip", "Skip")],
        required=False,
        default="once",
        help_text="what to do with a missed moment",
    )


class NewScheduleIn(ScheduleIn):
    """The same for a source or a project that is named in the body."""

    source = serializers.UUIDField(required=False)  # type: ignore[assignment]
    project = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("source" in attrs) == ("project" in attrs):
            raise serializers.ValidationError({"source": ["Name a source or a project."]})
        return attrs
