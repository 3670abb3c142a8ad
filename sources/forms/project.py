"""Forms of projects: what is watched, where, how often and how much."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from sources.models import Project
from sources.projects.rules import CATEGORIES, RULES

_ADDRESSES = {
    "rows": 5,
    "placeholder": "https://store.steampowered.com/app/620\nhttps://www.trustpilot.com/review/example.com",
}
_CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
_RHYTHMS = [
    ("manual", "Only when asked"),
    *(("hourly", "Every hour"), ("daily", "Every day"), ("weekly", "Every week"), ("monthly", "Every month")),
]
_WEEKDAYS = list(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))
_MOST_ADDRESSES = 50


def addresses(text: str) -> list[str]:
    """One address per line; empty lines are left out."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class AddressesField(forms.CharField):
    """Up to fifty addresses, one per line."""

    widget = forms.Textarea(attrs=_ADDRESSES)

    def clean(self, value: Any) -> list[str]:
        found = addresses(super().clean(value))
        if len(found) > _MOST_ADDRESSES:
            raise forms.ValidationError(f"Add at most {_MOST_ADDRESSES} addresses at once.")
        return found


class TargetsForm(forms.Form):
    """Addresses to watch, and whose they are."""

    urls = AddressesField(label="Addresses", help_text="One per line, as you see them in the browser. At most 50.")
    platform = forms.ChoiceField(
        label="Platform", required=False, help_text="Only needed for bare ids, and for a web page with reviews."
    )
    competitor = forms.CharField(
        label="Competitor", required=False, max_length=100, help_text="Whose they are. Empty for your own product."
    )

    def __init__(self, platforms: Mapping[str, str], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fields["platform"].choices = [("", "Read it from the address"), *platforms.items()]  # type: ignore[attr-defined]


class _Product(forms.Form):
    name = forms.CharField(label="Name", max_length=100, error_messages={"required": "Enter a name."})
    description = forms.CharField(
        label="Description", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    category = forms.ChoiceField(
        label="Category", required=False, choices=[("", "–"), *((one, one.capitalize()) for one in CATEGORIES)]
    )
    website = forms.CharField(
        label="Website", required=False, max_length=500, widget=forms.TextInput(attrs={"inputmode": "url"})
    )
    competitors = forms.CharField(
        label="Competitors", required=False, max_length=2_200, help_text="Names, separated by commas."
    )

    def product(self) -> dict[str, Any]:
        """What is watched, as a project keeps it."""
        given = self.cleaned_data
        rivals = [one.strip() for one in given["competitors"].split(",") if one.strip()]
        return {
            "name": given["name"],
            "category": given["category"],
            "website": given["website"],
            "competitors": rivals,
        }


class NewProjectForm(_Product):
    """A new project with its first addresses."""

    urls = AddressesField(
        label="Addresses", required=False, help_text="What to watch, one per line, at most 50. More can be added later."
    )
    preset = forms.ChoiceField(label="Preset", required=False, widget=forms.RadioSelect)

    def __init__(self, presets: Sequence[tuple[str, str]], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fields["preset"].choices = [("", "As usual: when asked, the newest 100 of each"), *presets]  # type: ignore[attr-defined]


class ProjectForm(_Product):
    """The settings of a project: what it is, how often and how much it reads."""

    frequency = forms.ChoiceField(label="Scrape", choices=[*_RHYTHMS, ("cron", "Cron expression")])
    time = forms.TimeField(label="At", required=False, widget=_CLOCK, help_text="In the team's time zone.")
    days = forms.TypedMultipleChoiceField(
        label="On", required=False, choices=_WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    day_of_month = forms.IntegerField(label="On day of the month", required=False, min_value=1, max_value=28)
    expression = forms.CharField(label="Minute, hour, day, month, weekday", required=False, max_length=100)
    max_reviews_per_target = forms.IntegerField(label=RULES["limits"]["max_reviews_per_target"].label)
    max_requests_per_day = forms.IntegerField(label=RULES["limits"]["max_requests_per_day"].label)
    rate_limit_delay = forms.FloatField(label=RULES["limits"]["rate_limit_delay"].label)

    def config(self) -> dict[str, dict[str, Any]]:
        """The sections that this form holds."""
        given = self.cleaned_data
        limits = {name: given[name] for name in RULES["limits"]}
        schedule: dict[str, Any] = {"enabled": given["frequency"] != "manual"}
        if schedule["enabled"]:
            schedule |= {"frequency": given["frequency"], "days": given["days"]}
            schedule |= {"time": given["time"].strftime("%H:%M")} if given["time"] else {}
            schedule |= {name: given[name] for name in ("day_of_month", "expression") if given[name]}
        return {"limits": limits, "schedule": schedule}


def initial_project(project: Project) -> dict[str, Any]:
    """A project as its form shows it."""
    product, config = project.product, project.config
    schedule = config["schedule"]
    return {
        "name": project.name,
        "description": project.description,
        "category": product.get("category", ""),
        "website": product.get("website", ""),
        "competitors": ", ".join(product.get("competitors", [])),
        **config["limits"],
        **{key: schedule[key] for key in ("time", "days", "day_of_month", "expression")},
        "frequency": schedule["frequency"] if schedule["enabled"] else "manual",
    }


def in_words(text: str) -> str:
    """``config.limits.rate_limit_delay`` as the name of its field in a form."""
    return re.sub(r"^(?:config\.\w+|product)\.", "", text)
