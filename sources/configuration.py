"""A connector's declared options as a checked config, as a JSON Schema, and as the typed dataclass."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass
from datetime import date
from typing import Any, get_args, get_origin, get_type_hints

from livinglytics.lib.errors import BadCredentials, Invalid
from sources.connectors import connectors
from sources.connectors._base import Connector, Option, options

_LONGEST_TEXT = 10_000
_YES = {"true", "on", "yes", "1"}
_NO = {"false", "off", "no", "0", ""}
_SCHEMA_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "secret": {"type": "string", "writeOnly": True, "format": "password"},
    "url": {"type": "string", "format": "uri"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "choice": {"type": "string"},
    "lines": {"type": "array", "items": {"type": "string"}},
    "account": {"type": "string", "readOnly": True},
}
#: what a connector's config says of an account that is signed in; the token itself never gets there
CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Checked settings: ``plain`` is stored as it is (JSON), ``secrets`` only sealed."""

    plain: dict[str, Any]
    secrets: dict[str, str]


def clean(
    connector: Connector,
    given: Mapping[str, Any],
    *,
    kept: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> Cleaned:
    """Check what a person entered. A secret left out stays the one in ``kept``; those ``without`` may be missing.

    An account is never taken from outside nor answered here: it comes by signing in alone.
    Raises Invalid with a message for each field, also for names that the connector doesn't know.
    """
    kept = kept or {}
    declared, types = options(connector.config), get_type_hints(connector.config)
    problems = {name: ["This setting is not known."] for name in given if name not in declared}
    plain: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, (how, default) in declared.items():
        value = given.get(name)
        if how.kind == "account":
            if value not in (None, ""):
                problems[name] = ["An account can't be entered here. Connect it by signing in."]
            continue
        if how.secret and value in (None, "") and name in kept:
            value = kept[name]
        if value is None or value in ("", []):
            if default is MISSING and name not in without:
                problems[name] = [f"Enter {how.label}."]
            continue
        try:
            checked = _checked(how, value, types.get(name))
        except (TypeError, ValueError) as error:
            problems[name] = [str(error)]
            continue
        (secrets if how.secret else plain)[name] = checked
    if problems:
        raise Invalid("Some settings are not valid. Correct the marked fields.", details=problems)
    return Cleaned(plain, secrets)


def build(connector: Connector, values: Mapping[str, Any]) -> Any:
    """The connector's typed ``Config`` from stored settings and opened secrets."""
    hints = get_type_hints(connector.config)
    declared = options(connector.config)
    ready = {
        name: (values[name] and CONNECTED) if how.kind == "account" else _typed(how, values[name], hints.get(name))
        for name, (how, _) in declared.items()
        if values.get(name) is not None
    }
    for name, (how, default) in declared.items():
        if how.kind == "account" and default is MISSING and name not in ready:
            message = f"{how.label} is not connected yet. Connect it on the source's page."
            raise BadCredentials(message, details={name: [message]})
    missing = [how.label for name, (how, default) in declared.items() if default is MISSING and name not in ready]
    if missing:
        raise Invalid(f"Settings are missing: {', '.join(missing)}. Open the source's settings and fill them in.")
    return connector.config(**ready)


def schema(connector: Connector) -> dict[str, Any]:
    """The settings as JSON Schema (draft 2020-12); secrets are ``writeOnly``.

    An account is ``readOnly``; its ``x-oauth`` says at which provider somebody signs in, and for what.
    """
    declared = options(connector.config)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": connector.label,
        "type": "object",
        "properties": {name: _property(how, default) for name, (how, default) in declared.items()},
        "required": [name for name, (how, default) in declared.items() if default is MISSING and how.kind != "account"],
        "additionalProperties": False,
    }


def _property(how: Option, default: Any) -> dict[str, Any]:
    found: dict[str, Any] = {**_SCHEMA_TYPES[how.kind], "title": how.label}
    if how.kind == "account":
        found["x-oauth"] = {"provider": how.provider, "scopes": list(how.scopes), "instead_of": how.instead_of}
    if how.help:
        found["description"] = how.help
    if how.choices:
        found["enum"] = [value for value, _ in how.choices]
    if how.placeholder:
        found["examples"] = [how.placeholder]
    if how.minimum is not None:
        found["minimum"] = how.minimum
    if how.maximum is not None:
        found["maximum"] = how.maximum
    if isinstance(default, str | int | float | bool) and not how.secret:
        found["default"] = default
    return found


def _checked(how: Option, value: Any, type_hint: Any) -> Any:
    """The value in its JSON form; ValueError with a sentence when it doesn't fit."""
    match how.kind:
        case "boolean":
            return _boolean(value)
        case "integer" | "number":
            return _number(how, value)
        case "date":
            return _date(value).isoformat()
        case "lines":
            return _lines(value)
        case _ if isinstance(value, dict | list):
            if str in _possible(type_hint):
                raise TypeError("Enter a text.")
            return value
    text = str(value).strip() if how.kind != "secret" else str(value)
    if len(text) > _LONGEST_TEXT or "\x00" in text:
        raise ValueError("This text is too long or holds characters that can't be stored.")
    if how.choices and text not in {one for one, _ in how.choices}:
        raise ValueError(f"Choose one of: {', '.join(one for one, _ in how.choices)}.")
    if how.kind == "url" and not text.startswith(("http://", "https://")):
        raise ValueError("Enter an address that begins with https:// or http://.")
    return text


def _boolean(value: Any) -> bool:
    text = str(value).strip().lower()
    if text not in _YES | _NO:
        raise ValueError("Enter true or false.")
    return text in _YES


def _number(how: Option, value: Any) -> int | float:
    try:
        number = int(str(value)) if how.kind == "integer" else float(str(value))
    except ValueError:
        raise ValueError("Enter a whole number." if how.kind == "integer" else "Enter a number.") from None
    low, high = how.minimum, how.maximum
    if number != number or (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"Enter a number {_bounds(low, high)}.")
    return number


def _bounds(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"from {low} to {high}"
    return f"of at least {low}" if low is not None else f"of at most {high}"


def _date(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("Enter a date like 2026-03-31.") from None


def _lines(value: Any) -> list[str]:
    parts = value.splitlines() if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise TypeError("Enter one value per line.")
    return [str(one).strip() for one in parts if str(one).strip()]


def _typed(how: Option, value: Any, hint: Any) -> Any:
    wanted = _possible(hint)
    if how.kind == "date" and date in wanted:
        return _date(value)
    if how.kind == "lines":
        return tuple(value) if tuple in wanted else "\n".join(value) if str in wanted else list(value)
    return value


def _possible(hint: Any) -> set[Any]:
    """The plain types that an annotation allows at its top level."""
    return {get_origin(one) or one for one in (hint, *get_args(hint))} if get_origin(hint) is not tuple else {tuple}


def connector(kind: str) -> Connector:
    """The connector of this kind. Raises UnknownKey."""
    return connectors.get(kind)
