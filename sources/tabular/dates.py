"""Reading dates. A format is a name a person can read, such as ``DD/MM/YYYY HH:MM``.

Parts: YYYY, YY, MM, DD, Mon (English month name, short or full), HH:MM[:SS] (a fraction of a
second may follow), ``am`` for a 12-hour clock, ``Z`` for an offset (Z, UTC, +02:00). Numbers
since 1970 are called ``unix seconds`` and ``unix milliseconds``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from sources.tabular.shape import Value

#: A day, a wall-clock time without zone, or an aware instant.
Moment = date | datetime
Parser = Callable[[Value], Moment]

YEARS = range(1900, 2200)
UNIX = ("unix seconds", "unix milliseconds")
_DAYS = (
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD",
    "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "MM-DD-YYYY",
    "DD/MM/YY", "MM/DD/YY", "DD.MM.YY", "DD Mon YYYY", "DD-Mon-YYYY", "Mon DD, YYYY", "Mon DD YYYY", "YYYY-MM",
)  # fmt: skip
_CLOCKS = ("", " HH:MM:SS", "THH:MM:SS", " HH:MM", "THH:MM", " HH:MM am", " HH:MM:SS am", ", HH:MM:SS", ", HH:MM")
FORMATS = (
    tuple(
        day + clock + zone
        for day in _DAYS
        for clock in (_CLOCKS if day != "YYYY-MM" else ("",))
        for zone in (("", "Z") if clock else ("",))
    )
    + UNIX
)

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january", "february", "march", "april", "may", "june", "july",
         "august", "september", "october", "november", "december"), start=1)
    for name in (names, names[:3])
} | {"sept": 9}  # fmt: skip
_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "Mon": r"(?P<name>[A-Za-z]{3,9})\.?",
    "HH": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "SS": r"(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?",
    " am": r"\s?(?P<half>[AaPp])\.?[Mm]\.?",
    "Z": r"\s?(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})",
}


#: the commonest formats, read by C code: length, function, what stands between day and clock
_QUICK: dict[str, tuple[int, Callable[[str], Moment], str]] = {
    "YYYY-MM-DD": (10, date.fromisoformat, ""),
    "YYYY-MM-DD HH:MM:SS": (19, datetime.fromisoformat, " "),
    "YYYY-MM-DDTHH:MM:SS": (19, datetime.fromisoformat, "T"),
    "YYYY-MM-DD HH:MM": (16, datetime.fromisoformat, " "),
}


class DateError(ValueError):
    """The message goes into the row's error as it is."""


def is_daily(name: str) -> bool:
    """True when values of this format are calendar days without a clock."""
    return "HH" not in name and name not in UNIX


@lru_cache(maxsize=512)
def _pattern(name: str) -> re.Pattern[str]:
    spelled = name.replace("HH:MM", "HH:mm")
    pieces = re.split(r"(YYYY|YY|Mon|MM|DD|HH|mm|SS| am|Z)", spelled)
    text = "".join(_PARTS.get(piece) or re.escape(piece) for piece in pieces)
    if "YYYYMMDD" in name:
        text = text.replace(r"\d{1,2})", r"\d{2})")
    return re.compile(text)


def _build(found: re.Match[str]) -> Moment:
    part = found.groupdict()
    year = int(part["year"]) if part.get("year") else 2000 + int(part["short"])
    if not part.get("year") and year > 2069:
        year -= 100
    month = _MONTHS[part["name"].lower()] if part.get("name") else int(part["month"])
    if year not in YEARS:
        raise ValueError("year")
    day = int(part.get("day") or 1)
    if part.get("hour") is None:
        return date(year, month, day)
    hour = int(part["hour"])
    if part.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError("hour")
        hour = hour % 12 + (12 if part["half"] in "pP" else 0)
    fraction = int((part.get("fraction") or "0").ljust(6, "0")[:6])
    made = datetime(year, month, day, hour, int(part["minute"]), int(part.get("second") or 0), fraction)  # noqa: DTZ001
    return made.replace(tzinfo=_offset(part["zone"])) if part.get("zone") else made


def _offset(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-size if text[0] == "-" else size)


def _unix(value: Value, *, per_second: int) -> datetime:
    try:
        number = float(str(value).strip())
        made = datetime.fromtimestamp(number / per_second, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise DateError(f"{shown(value)} is not a number of seconds since 1970") from error
    if made.year not in YEARS:
        raise DateError(f"{shown(value)} is in the year {made.year}: are these milliseconds?")
    return made


def shown(value: object) -> str:
    """A value as it stands in an error message."""
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _read(value: Value, name: str, pattern: re.Pattern[str]) -> Moment:
    text = str(value).strip()
    found = pattern.fullmatch(text)
    if not found:
        raise DateError(f"{shown(text)} is not a date (expected {name})")
    try:
        return _build(found)
    except (ValueError, KeyError) as error:
        raise DateError(f"{shown(text)} is not a date that exists (expected {name})") from error


def parser(name: str) -> Parser:
    """A function from a cell to a moment. It raises DateError with a message for a person."""
    if name not in FORMATS:
        raise DateError(f"{shown(name)} is not a date format we know; for example YYYY-MM-DD or DD/MM/YYYY HH:MM")
    if name in UNIX:
        per_second = 1 if name == UNIX[0] else 1000
        return lambda value: _unix(value, per_second=per_second)
    pattern = _pattern(name)
    quick = _QUICK.get(name)

    @lru_cache(maxsize=4096)
    def read(value: Value) -> Moment:
        if quick and isinstance(value, str) and len(value) == quick[0] and value[4] == "-" == value[7]:
            try:
                made = quick[1](value)
            except ValueError:
                return _read(value, name, pattern)
            if made.year in YEARS and value[10:11] == quick[2]:
                return made
        return _read(value, name, pattern)

    return read


@dataclass(frozen=True, slots=True)
class DateGuess:
    """The best format and, when several fit equally well, all of them."""

    format: str
    candidates: tuple[str, ...]
    share: float
    midnight: bool

    @property
    def ambiguous(self) -> bool:
        return len(self.candidates) > 1


def _fits(texts: Iterable[str], name: str) -> int:
    pattern, good = _pattern(name), 0
    for text in texts:
        found = pattern.fullmatch(text)
        if found:
            try:
                _build(found)
            except (ValueError, KeyError):
                continue
            good += 1
    return good


def guess(values: Sequence[str]) -> DateGuess | None:
    """The format that fits the most values, if that is nearly all of them.

    Formats that fit exactly the same number of values are all candidates: 03/04/2026 is
    3 April or 4 March, and only a person knows.
    """
    texts = tuple(dict.fromkeys(value.strip() for value in values))
    if not texts or not any(character.isdigit() for character in texts[0]):
        return None
    likely = [name for name in FORMATS if name not in UNIX and any(map(_pattern(name).fullmatch, texts[:5]))]
    first = [name for name in likely if _fits(texts[:40], name) >= min(len(texts), 40) * 0.7]
    scores = {name: _fits(texts, name) for name in first}
    best = max(scores.values(), default=0)
    if best < len(texts) * 0.9 or not best:
        return None
    winners = tuple(name for name, score in scores.items() if score == best)
    clocks = [_build(found) for text in texts if (found := _pattern(winners[0]).fullmatch(text)) and _exists(found)]
    midnight = not is_daily(winners[0]) and all(isinstance(one, datetime) and not _clock(one) for one in clocks)
    return DateGuess(winners[0], winners, best / len(texts), midnight)


def _exists(found: re.Match[str]) -> bool:
    try:
        _build(found)
    except (ValueError, KeyError):
        return False
    return True


def _clock(moment: datetime) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
