"""The form of a preset, made from the rules of a project's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from sources import platforms
from sources.projects.rules import RULES, Config, Rule

_WEEKDAYS = list(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))
_TITLES = {
    "scrapers": ("Where", "The platforms that it is meant for. None: all of them."),
    "schedule": ("When", "In the time zone of the team."),
    "limits": ("How much", "The newest texts are read first, so a limit never hides what is new."),
    "analysis": ("Analysis", "What is made of the texts."),
    "llm": ("Language model", "For summaries and insights, where the team has a provider."),
}


_NAMES = {"goemotions": "GoEmotions", "cron": "Cron expression", "once": "Read once", "skip": "Leave it out"}


class PresetForm(forms.Form):
    """A name, and every field that a configuration has."""

    name = forms.CharField(label="Name", max_length=60, error_messages={"required": "Enter a name."})
    description = forms.CharField(
        label="Description", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Mapping[str, Any] | None = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        for rules in RULES.values():
            self.fields |= {name: _field(rule, (initial or {}).get(name)) for name, rule in rules.items()}

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The fields of the configuration as the page shows them, section by section."""
        return [
            {"key": key, "title": title, "words": words, "fields": [self[name] for name in RULES[key]]}
            for key, (title, words) in _TITLES.items()
        ]

    def config(self) -> Config:
        """What was entered, by section. An empty text or number keeps its first value."""
        given = self.cleaned_data
        return {
            section: {name: _plain(rule, given[name]) for name, rule in rules.items()}
            for section, rules in RULES.items()
        }


def initial_preset(name: str, description: str, config: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A preset as its form shows it."""
    flat = {field: value for section in config.values() for field, value in section.items()}
    return {"name": name, "description": description, **flat}


def told(config: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A configuration in words, section by section: ``{title, rows: [(label, value)]}``."""
    return [{"title": title, "rows": _rows(RULES[key], config[key])} for key, (title, _) in _TITLES.items()]


def _rows(rules: Mapping[str, Rule], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where there is no schedule, nothing more is said about it."""
    shown = rules if values.get("enabled", True) else ("enabled",)
    return [(rules[name].label, _words(rules[name], values[name])) for name in shown]


def _field(rule: Rule, kept: Any) -> forms.Field:
    match rule.kind:
        case "boolean":
            return forms.BooleanField(label=rule.label, required=False)
        case "integer":
            return forms.IntegerField(label=rule.label)
        case "number":
            return forms.FloatField(label=rule.label)
        case "choice":
            return forms.ChoiceField(label=rule.label, choices=[(one, _name(one)) for one in rule.choices])
        case "time":
            clock = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            return forms.TimeField(label=rule.label, required=False, widget=clock)
        case "days":
            boxes = forms.CheckboxSelectMultiple
            return forms.TypedMultipleChoiceField(
                label=rule.label, required=False, choices=_WEEKDAYS, coerce=int, widget=boxes
            )
        case "names":
            names = dict.fromkeys(kept or ()) | {}
            choices = {one: _name(one) for one in names} | platforms.known()
            return forms.MultipleChoiceField(
                label=rule.label, required=False, choices=list(choices.items()), widget=forms.CheckboxSelectMultiple
            )
    return forms.CharField(label=rule.label, required=False, max_length=int(rule.high or 100))


def _plain(rule: Rule, value: Any) -> Any:
    if rule.kind == "choice":
        return next(one for one in rule.choices if str(one) == value)
    if rule.kind == "time":
        return value.strftime("%H:%M") if value else rule.default
    return rule.default if value == "" and rule.default else value


def _words(rule: Rule, value: Any) -> str:
    match rule.kind:
        case "boolean":
            return "Yes" if value else "No"
        case "days":
            return ", ".join(_WEEKDAYS[day][1] for day in value) or "Every day"
        case "names":
            known = platforms.known()
            return ", ".join(known.get(one, _name(one)) for one in value) or "All"
    return _name(value) if rule.kind == "choice" else str(value) or "–"


def _name(one: Any) -> str:
    return _NAMES.get(one, str(one).capitalize())
