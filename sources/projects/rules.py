"""The configuration of a project, field by field: what it may be and what it is at first. Pure.

Sections and names are those of the Sentimatrix Studio documents.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from livinglytics.lib.errors import Invalid

Config = dict[str, dict[str, Any]]

CATEGORIES: Final = (
    *("electronics", "software", "games", "fashion", "food", "beauty", "home", "automotive", "services", "other"),
)
EMOTION_MODELS: Final = ("ekman", "goemotions", "plutchik")
FREQUENCIES: Final = ("hourly", "daily", "weekly", "monthly", "cron")


@dataclass(frozen=True, slots=True)
class Rule:
    """One field: its kind, its first value, and its bounds or choices. ``days`` are 0 (Monday) to 6."""

    kind: Literal["boolean", "integer", "number", "text", "choice", "names", "days", "time"]
    default: Any
    label: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()


RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "scrapers": {
        "platforms": Rule("names", [], "Platforms"),
    },
    "llm": {
        "provider": Rule("text", "", "LLM provider", high=40),
        "model": Rule("text", "", "Model", high=100),
        "temperature": Rule("number", 0.3, "Temperature", 0, 2),
        "max_tokens": Rule("integer", 500, "Most tokens", 100, 8_000),
    },
    "analysis": {
        "sentiment": Rule("boolean", True, "Sentiment"),
        "sentiment_classes": Rule("choice", 5, "Sentiment classes", choices=(3, 5)),
        "emotions": Rule("boolean", False, "Emotions"),
        "emotion_model": Rule("choice", "ekman", "Set of emotions", choices=EMOTION_MODELS),
        "summarize": Rule("boolean", False, "Summary"),
        "extract_insights": Rule("boolean", False, "Insights"),
    },
    "schedule": {
        "enabled": Rule("boolean", False, "By schedule"),
        "frequency": Rule("choice", "daily", "How often", choices=FREQUENCIES),
        "time": Rule("time", "09:00", "At"),
        "days": Rule("days", [], "On these weekdays"),
        "day_of_month": Rule("integer", 1, "On this day of the month", 1, 28),
        "expression": Rule("text", "0 9 * * *", "Minute, hour, day, month, weekday", high=100),
        "catch_up": Rule("choice", "once", "If a time was missed", choices=("once", "skip")),
    },
    "limits": {
        "max_reviews_per_target": Rule("integer", 100, "Most reviews of a target in one scrape", 10, 1_000),
        "max_requests_per_day": Rule("integer", 1_000, "Most requests a day", 10, 10_000),
        "rate_limit_delay": Rule("number", 1.0, "Seconds between two requests", 0.1, 10),
    },
}


def usual() -> Config:
    """The configuration of a project that was told nothing."""
    return {name: {key: copy.copy(rule.default) for key, rule in rules.items()} for name, rules in RULES.items()}


def cleaned(given: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> Config:
    """``base`` (the usual configuration) with what was ``given`` by section and name.

    Raises Invalid with a message for each field at fault, named ``config.limits.rate_limit_delay``.
    """
    found, problems = usual(), dict[str, list[str]]()
    for source, strict in ((base or {}, False), (given, True)):
        for section, values in source.items():
            if section not in RULES or not isinstance(values, Mapping):
                problems |= {f"config.{section}": ["There is no such section."]} if strict else {}
                continue
            for name, value in values.items():
                _take(found, problems if strict else {}, section, name, value)
    if problems:
        raise Invalid("The configuration is not valid. Correct the named fields.", details=problems)
    return found


def _take(found: Config, problems: dict[str, list[str]], section: str, name: str, value: Any) -> None:
    rule = RULES[section].get(name)
    path = f"config.{section}.{name}"
    if rule is None:
        problems[path] = ["There is no such field."]
        return
    try:
        found[section][name] = _checked(rule, value)
    except (TypeError, ValueError) as error:
        problems[path] = [str(error)]


def _checked(rule: Rule, value: Any) -> Any:
    match rule.kind:
        case "boolean":
            if not isinstance(value, bool):
                raise TypeError("Enter true or false.")
            return value
        case "integer" | "number":
            return _number(rule, value)
        case "choice":
            if value not in rule.choices or isinstance(value, bool):
                raise ValueError(f"Choose one of {', '.join(str(one) for one in rule.choices)}.")
            return value
        case "time":
            return _time(value)
        case "days":
            return _days(value)
        case "names":
            return _names(value)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > (rule.high or 100) or "\x00" in value:
        raise ValueError(f"Enter a text of at most {rule.high or 100:.0f} characters.")
    return value.strip()


def _number(rule: Rule, value: Any) -> int | float:
    low, high = rule.low or 0, rule.high or 0
    if isinstance(value, bool) or not isinstance(value, int | float) or (rule.kind == "integer" and value % 1):
        raise TypeError("Enter a whole number." if rule.kind == "integer" else "Enter a number.")
    if not low <= value <= high:
        raise ValueError(f"Enter a number from {low:g} to {high:g}.")
    return int(value) if rule.kind == "integer" else value


def _time(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("Enter a time like 09:00.")
    return value


def _names(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise TypeError("Give a list of names.")
    return list(dict.fromkeys(one.strip()[:40] for one in value if one.strip()))


def _days(value: Any) -> list[int]:
    days = value if isinstance(value, list | tuple) else [None]
    if any(isinstance(one, bool) or not isinstance(one, int) or not 0 <= one <= 6 for one in days):
        raise ValueError("Give weekdays as numbers from 0 (Monday) to 6.")
    return sorted(set(days))


def expression(schedule: Mapping[str, Any]) -> str:
    """The schedule section as five cron fields."""
    hour, minute = (int(part) for part in str(schedule["time"]).split(":"))
    match schedule["frequency"]:
        case "cron":
            return " ".join(str(schedule["expression"]).split())
        case "hourly":
            return f"{minute} * * * *"
        case "weekly":
            days = ",".join(str((day + 1) % 7) for day in schedule["days"]) or "1"
            return f"{minute} {hour} * * {days}"
        case "monthly":
            return f"{minute} {hour} {schedule['day_of_month']} * *"
    days = ",".join(str((day + 1) % 7) for day in schedule["days"]) or "*"
    return f"{minute} {hour} * * {days}"
