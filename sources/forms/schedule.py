"""The form of a schedule: a few rhythms in words, or a cron expression."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from django import forms

_WEEKDAYS = [("1", "Monday"), ("2", "Tuesday"), ("3", "Wednesday"), ("4", "Thursday"), ("5", "Friday"),
             ("6", "Saturday"), ("0", "Sunday")]  # fmt: skip
_MODES = [("hourly", "Every hour"), ("daily", "Every day"), ("weekly", "Every week"), ("cron", "Cron expression"),
          ("manual", "Only when asked")]  # fmt: skip
_CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ScheduleForm(forms.Form):
    """When a source is synced, in the team's zone. ``expression()`` is the answer in five fields, "" for never."""

    mode = forms.ChoiceField(choices=_MODES, label="Sync", widget=forms.RadioSelect)
    minute = forms.IntegerField(min_value=0, max_value=59, required=False, label="At minute")
    daily_at = forms.TimeField(required=False, label="At", widget=_CLOCK)
    weekday = forms.ChoiceField(choices=_WEEKDAYS, required=False, label="On")
    weekly_at = forms.TimeField(required=False, label="At", widget=_CLOCK)
    expression = forms.CharField(
        max_length=100,
        required=False,
        label="Minute, hour, day, month, weekday",
        widget=forms.TextInput(attrs={"placeholder": "0 6 * * *", "autocomplete": "off"}),
    )
    catch_up = forms.ChoiceField(
        choices=[("once", "Make up for it once"), ("skip", "Wait for the next time")],
        label="If a time was missed",
    )

    def clean(self) -> dict[str, Any]:
        """The chosen rhythm needs its own fields."""
        given = super().clean() or self.cleaned_data
        needed = {"hourly": ["minute"], "daily": ["daily_at"], "weekly": ["weekday", "weekly_at"]}
        for name in [*needed.get(given.get("mode", ""), []), *(["expression"] if given.get("mode") == "cron" else [])]:
            if name not in self.errors and given.get(name) in (None, ""):
                self.add_error(name, "Enter this for the chosen rhythm.")
        return given

    def written(self) -> str:
        """Five fields of cron, "" for only when asked."""
        given = self.cleaned_data
        match given["mode"]:
            case "hourly":
                return f"{given['minute']} * * * *"
            case "daily":
                return f"{given['daily_at'].minute} {given['daily_at'].hour} * * *"
            case "weekly":
                at = given["weekly_at"]
                return f"{at.minute} {at.hour} * * {given['weekday']}"
            case "cron":
                return " ".join(given["expression"].split())
        return ""


def initial_schedule(expression: str, *, enabled: bool = True, catch_up: str = "once") -> dict[str, Any]:
    """A stored expression as the form shows it."""
    shown: dict[str, Any] = {"mode": "cron", "expression": expression, "catch_up": catch_up, "minute": 0}
    shown |= {"daily_at": time(6), "weekday": "1", "weekly_at": time(6)}
    if not expression or not enabled:
        return shown | {"mode": "manual"}
    if found := re.fullmatch(r"(\d+) \* \* \* \*", expression):
        return shown | {"mode": "hourly", "minute": int(found[1])}
    if found := re.fullmatch(r"(\d+) (\d+) \* \* \*", expression):
        return shown | {"mode": "daily", "daily_at": time(int(found[2]), int(found[1]))}
    if found := re.fullmatch(r"(\d+) (\d+) \* \* ([0-7])", expression):
        at = time(int(found[2]), int(found[1]))
        return shown | {"mode": "weekly", "weekly_at": at, "weekday": "0" if found[3] == "7" else found[3]}
    return shown


def usual_rhythm(rhythm: str, expression: str) -> str:
    """A rhythm in words as an expression that keeps the minute of the usual one."""
    first = expression.split(maxsplit=1)[0] if expression else "0"
    minute = first if first.isdigit() else "0"
    return {"hourly": f"{minute} * * * *", "daily": f"{minute} 6 * * *", "weekly": f"{minute} 6 * * 1"}.get(rhythm, "")
