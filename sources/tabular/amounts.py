"""Reading numbers as people write them: 1,234.56 or 1.234,56, with percent and currency signs.

A number format is named by how it writes one thousand two hundred thirty-four and a half.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sources.tabular.dates import shown
from sources.tabular.shape import Value

PLAIN = "1234.56"
#: name -> (thousands mark, decimal mark)
STYLES: dict[str, tuple[str, str]] = {
    PLAIN: ("", "."),
    "1,234.56": (",", "."),
    "1234,56": ("", ","),
    "1.234,56": (".", ","),
    "1 234,56": (" ", ","),
    "1 234.56": (" ", "."),
    "1'234.56": ("'", "."),
}
MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "–", "—", "."))
_SIGNS = "$€£¥₹₽₩₺₴₪"
_CODES = "USD|EUR|GBP|JPY|CHF|CAD|AUD|CNY|INR|SEK|NOK|DKK|PLN|CZK|BRL"
_CURRENCY = re.compile(rf"^(?P<minus>[-+]?)\s*(?P<before>[{_SIGNS}]|(?:{_CODES})\b)?\s*(?P<body>[-+]?[\d.,' eE+-]*?)\s*"
                       rf"(?P<after>[{_SIGNS}]|(?:{_CODES}))?$")  # fmt: skip
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-"})


#: no amount is longer; keeps the search for signs short in cells full of text
_LONGEST = 64

Reader = Callable[[Value], float]


class NumberError(ValueError):
    """The message goes into the row's error as it is."""


@lru_cache(maxsize=16)
def _pattern(style: str) -> re.Pattern[str]:
    thousands, decimal = STYLES[style]
    whole = r"\d+"
    if thousands:
        whole = rf"(?:[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+|\d+)"
    mark = re.escape(decimal)
    return re.compile(rf"[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d{{1,3}})?")


def is_missing(value: Value) -> bool:
    """Nothing was written: an empty cell, NA, NaN, null, a dash. Missing is not zero."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    return isinstance(value, float) and math.isnan(value)


def _peel(text: str) -> tuple[str, bool, str]:
    """(digits, had a percent sign, currency)."""
    if len(text) > _LONGEST:
        return text, False, ""
    text = text.translate(_SPACES).strip()
    percent = text.endswith("%")
    if percent:
        text = text[:-1].rstrip()
    if text and (text[-1].isdigit() or text[-1] in ".,") and (text[0].isdigit() or text[0] in "+-.,") \
            and (len(text) == 1 or text[1] not in _SIGNS + " "):  # fmt: skip
        return text, percent, ""
    found = _CURRENCY.match(text)
    if not found:
        return text, percent, ""
    return found["minus"] + found["body"], percent, found["before"] or found["after"] or ""


def _from_number(value: float) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise NumberError(f"{shown(value)} is too large to be stored exactly") from error
    if not math.isfinite(number):
        raise NumberError(f"{shown(value)} is not a number that can be stored")
    if isinstance(value, int) and int(number) != value:
        raise NumberError(f"{value} is too large to be stored exactly (exact up to 9,007,199,254,740,992)")
    return number


def _from_text(text: str, style: str, currency: str) -> float:
    body, percent, found_currency = _peel(text)
    if found_currency and found_currency != currency:
        expected = f"expected {currency}" if currency else "no currency is set for this column"
        raise NumberError(f"{shown(text)} is in {found_currency} ({expected})")
    if not _pattern(style).fullmatch(body):
        raise NumberError(_why(text, body, style))
    thousands, decimal = STYLES[style]
    if thousands:
        body = body.replace(thousands, "")
    body = body.replace(decimal, ".")
    number = float(body)
    if not math.isfinite(number):
        raise NumberError(f"{shown(text)} is not a number that can be stored")
    if number >= 2**53 or number <= -(2**53):
        digits = body.lstrip("+")
        if digits.lstrip("-").isdigit() and len(digits) < 4000 and int(digits) != int(number):
            raise NumberError(f"{text.strip()} is too large to be stored exactly (exact up to 9,007,199,254,740,992)")
    return number / 100 if percent else number


def _why(text: str, body: str, style: str) -> str:
    readings = {other: _value(body, other) for other in STYLES if other != style and _pattern(other).fullmatch(body)}
    distinct = {number: other for other, number in reversed(readings.items())}
    if distinct:
        ways = " or ".join(f"{_plainly(number)} (format {other})" for number, other in reversed(distinct.items()))
        return f"{shown(text)} does not fit the number format {style}; it could be {ways}"
    if text.strip().lower().lstrip("+-") in ("inf", "infinity"):
        return f"{shown(text)} is not a number that can be stored"
    return f"{shown(text)} is not a number (expected {style})"


def _plainly(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def _value(body: str, style: str) -> float:
    thousands, decimal = STYLES[style]
    return float((body.replace(thousands, "") if thousands else body).replace(decimal, "."))


def reader(style: str = PLAIN, currency: str = "") -> Reader:
    """A function from a cell to a number. A percent sign divides by 100. Raises NumberError."""
    if style not in STYLES:
        raise NumberError(f"{shown(style)} is not a number format we know; choose one of {', '.join(STYLES)}")

    plain = _pattern(PLAIN).fullmatch

    def from_text(text: str) -> float:
        if style == PLAIN and plain(text) and -(2**53) < (number := float(text)) < 2**53:
            return number
        return _from_text(text, style, currency)

    def read(value: Value) -> float:
        if isinstance(value, str):
            return from_text(value)
        if value is None:
            raise NumberError("there is no number")
        return _from_number(value)

    return read


@dataclass(frozen=True, slots=True)
class AmountGuess:
    """The best number format and every other one that fits all values with another result."""

    format: str
    candidates: tuple[str, ...]
    percent: bool
    currency: str
    share: float

    @property
    def ambiguous(self) -> bool:
        return len(self.candidates) > 1


def guess(values: Sequence[str]) -> AmountGuess | None:
    """How the numbers are written, if nearly all values are numbers; None for text and codes like 00123."""
    texts = tuple(dict.fromkeys(values))
    peeled = [_peel(text) for text in texts]
    if not texts or any(re.fullmatch(r"0\d+", body) for body, _, _ in peeled):
        return None
    scores = {style: sum(1 for body, _, _ in peeled if _pattern(style).fullmatch(body)) for style in STYLES}
    best = max(scores.values())
    if not best or best < len(texts) * 0.9:
        return None
    winners = _distinct([style for style, score in scores.items() if score == best], peeled)
    percent = sum(1 for _, sign, _ in peeled if sign) > len(texts) / 2
    currencies = [currency for _, _, currency in peeled if currency]
    currency = max(set(currencies), key=currencies.count) if currencies else ""
    return AmountGuess(winners[0], tuple(winners), percent, currency, best / len(texts))


def _distinct(winners: list[str], peeled: list[tuple[str, bool, str]]) -> list[str]:
    """Drops formats that read every value the same way as one before them."""
    kept: dict[tuple[float, ...], str] = {}
    for style in winners:
        fitting = [body for body, _, _ in peeled if _pattern(style).fullmatch(body)]
        kept.setdefault(tuple(_value(body, style) for body in fitting), style)
    return list(kept.values())
