"""The form of a connector's settings, made from what the connector declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField

from sources.connectors._base import Connector, Option, options
from sources.selectors.signed_in import accounts_of

RHYTHMS = {"hourly": "Every hour", "daily": "Every day", "weekly": "Every week", "manual": "Only when asked"}
_OWN = ("source_name", "rhythm")


class SettingsForm(forms.Form):
    """Name and settings of a source. ``hints``: words about secrets that are kept when left blank.

    An account has no field: ``accounts`` says what will happen instead.
    """

    source_name = forms.CharField(max_length=120, label="Name", required=False)

    def __init__(
        self,
        connector: Connector,
        data: Mapping[str, Any] | None = None,
        *,
        hints: Mapping[str, str] | None = None,
        kept: Collection[str] = (),
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.connector = connector
        self.declared = options(connector.config)
        hints = hints or {}
        self.accounts = accounts_of(connector, hints)
        for name, (how, default) in self.declared.items():
            if how.kind == "account":
                continue
            here = name in hints or name in kept
            field = field_of(how, default, kept=here)
            if how.secret and here:
                words = hints.get(name, "kept from the check")
                field.help_text = f"{how.help} Leave blank to keep it ({words}).".strip()
            self.fields[name] = field

    def given(self) -> dict[str, Any]:
        """What was entered, by name; secrets that were left blank are left out."""
        return {
            name: self.cleaned_data[name]
            for name, (how, _) in self.declared.items()
            if name in self.cleaned_data and not (how.secret and not self.cleaned_data[name])
        }

    def groups(self) -> list[tuple[str, list[BoundField]]]:
        """The settings under their headings, in declared order."""
        found: dict[str, list[BoundField]] = {}
        for name, (how, _) in self.declared.items():
            if name not in self.fields:
                continue
            found.setdefault(how.group, []).append(self[name])
        return list(found.items())

    @property
    def needs_account(self) -> bool:
        """Whether nothing can be asked before somebody signs in."""
        return any(how.kind == "account" and default is MISSING for how, default in self.declared.values())

    def own(self) -> list[BoundField]:
        """The fields that every source has."""
        return [self[name] for name in _OWN if name in self.fields]


class ConnectForm(SettingsForm):
    """The same for a new source, with how often it is synced."""

    rhythm = forms.ChoiceField(label="Sync", required=False, help_text="In the team's time zone. Change it any time.")

    def __init__(self, connector: Connector, data: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(connector, data, **more)
        self.fields["source_name"].help_text = "Leave empty to use the name the service tells."
        if connector.every is None:
            del self.fields["rhythm"]
        else:
            rhythm = self.fields["rhythm"]
            rhythm.choices = [("", "As usual for this kind"), *RHYTHMS.items()]  # type: ignore[attr-defined]


def field_of(how: Option, default: Any, *, kept: bool = False) -> forms.Field:
    """One declared option as a form field."""
    given: dict[str, Any] = {
        "label": how.label,
        "help_text": how.help,
        "required": default is MISSING and not kept,
        "error_messages": {"required": f"Enter {how.label}."},
    }
    if default is not MISSING and not how.secret:
        given["initial"] = initial_of(default)
    attrs = {"placeholder": how.placeholder} if how.placeholder else {}
    match how.kind:
        case "secret":
            widget = forms.PasswordInput(render_value=False, attrs={**attrs, "autocomplete": "new-password"})
            return forms.CharField(**given, strip=False, widget=widget)
        case "boolean":
            return forms.BooleanField(**{**given, "required": False})
        case "integer":
            return forms.IntegerField(**given, min_value=how.minimum, max_value=how.maximum)
        case "number":
            return forms.FloatField(**given, min_value=how.minimum, max_value=how.maximum)
        case "date":
            return forms.DateField(**given, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        case "choice":
            blank = [] if default is MISSING or default in dict(how.choices) else [("", "–")]
            return forms.ChoiceField(**given, choices=[*blank, *how.choices])
        case "lines":
            return forms.CharField(**given, widget=forms.Textarea(attrs={**attrs, "rows": 4}))
    kind = forms.TextInput(attrs={**attrs, "inputmode": "url"} if how.kind == "url" else attrs)
    return forms.CharField(**given, widget=kind)


def initial_of(value: Any) -> Any:
    """A stored or default value as its field shows it."""
    if isinstance(value, list | tuple):
        return "\n".join(str(one) for one in value)
    return value.isoformat() if isinstance(value, date) else value
