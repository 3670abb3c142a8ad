"""How numbers look to people. The only formatter of the product.

Rounding is half to even on the decimal digits. A missing value (None, NaN, infinite) is
``–`` and never zero. Negative numbers have a plain ``-``; changes always carry a sign.
Whether a change is good or bad is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from livinglytics.lib.digits import (
    BYTE_STEPS,
    MISSING,
    STEPS,
    Number,
    fixed,
    rounded_to,
    short,
    three_digits,
    to_decimal,
    trimmed,
    with_sign,
)

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "ILS": "₪", "UAH": "₴"}
_NO_CENTS = frozenset({"JPY", "KRW", "CLP", "ISK", "VND", "UGX", "XAF", "XOF", "PYG", "RWF"})
_TOP_RELATIVE = Decimal("9.99")


def compact(value: Number | None) -> str:
    """999 · 1.23k · 12.3k · 123k · 1.23M · 1.23B · 1.23T (999 950 is 1.00M)."""
    number = to_decimal(value)
    if number is None:
        return MISSING
    return with_sign(number < 0, short(abs(number)))


def axis_label(value: Number | None) -> str:
    """As ``compact`` without needless zeros: 0 · 500 · 1k · 1.5k · 2M."""
    text = compact(value)
    if text[-1:] in STEPS[1:]:
        return trimmed(text[:-1]) + text[-1]
    return text


def percent(share: Number | None) -> str:
    """A share (0.123 is 12.3 %) with one decimal; more than nothing but below a tenth is ``< 0.1 %``."""
    number = to_decimal(share)
    if number is None:
        return MISSING
    return with_sign(number < 0, _hundredths(abs(number), "%"))


def _hundredths(share: Decimal, sign: str) -> str:
    if share == 0:
        return f"0 {sign}"
    if share < Decimal("0.001"):
        return f"< 0.1 {sign}"
    return f"{rounded_to(share * 100, 1):,.1f} {sign}"


def duration(seconds: Number | None) -> str:
    """0.4 s · 45 s · 3m 05s · 2h 14m · 3d 04h."""
    number = to_decimal(seconds)
    if number is None:
        return MISSING
    return with_sign(number < 0, _duration(abs(number)))


def _duration(seconds: Decimal) -> str:
    if 0 < seconds < Decimal("0.1"):
        return "< 0.1 s"
    if rounded_to(seconds, 1) < 10:
        return f"{trimmed(fixed(seconds, 1))} s"
    whole = int(rounded_to(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    minutes = int(rounded_to(seconds / 60, 0))
    if minutes < 24 * 60:
        return f"{minutes // 60}h {minutes % 60:02d}m"
    hours = int(rounded_to(seconds / 3600, 0))
    return f"{hours // 24}d {hours % 24:02d}h"


def milliseconds(value: Number | None) -> str:
    """340 ms · 1.23 s, from ten seconds on like ``duration``."""
    number = to_decimal(value)
    if number is None or abs(number) >= 10_000:
        return MISSING if number is None else duration(number / 1000)
    size = abs(number)
    text = f"{short(size)} ms" if three_digits(size, 2) < 1000 else f"{fixed(size / 1000, 2)} s"
    return with_sign(number < 0, text)


def money(value: Number | None, currency: str) -> str:
    """An amount in one currency (ISO 4217): €12.30 · $1.23k · CHF 12.30 · ¥980."""
    number = to_decimal(value)
    if number is None:
        return MISSING
    code = currency.upper()
    symbol = _SYMBOLS.get(code, f"{code} ")
    places = 0 if code in _NO_CENTS else 2
    size = abs(number)
    smallest = Decimal(1).scaleb(-places)
    if 0 < size < smallest / 2:
        text = f"< {symbol}{smallest:f}"
    elif rounded_to(size, places) < 1000:
        text = f"{symbol}{fixed(size, places)}"
    else:
        text = f"{symbol}{short(size)}"
    return with_sign(number < 0, text)


def format_value(value: Number | None, unit: str) -> str:
    """A value with its unit.

    ``unit``: count, percent (a share), seconds, ms, bytes, rating, score, a three-letter
    currency code; any other word is put behind the number.
    """
    number = to_decimal(value)
    if number is None:
        return MISSING
    if unit in _BY_UNIT:
        return _BY_UNIT[unit](number)
    if unit.upper() in _SYMBOLS or (len(unit) == 3 and unit.isalpha()):
        return money(number, unit)
    return f"{compact(number)} {unit}"


def _two_places(number: Decimal) -> str:
    return fixed(number, 2)


def _bytes(number: Decimal) -> str:
    return with_sign(number < 0, short(abs(number), BYTE_STEPS))


_BY_UNIT: dict[str, Callable[[Decimal], str]] = {
    "": compact,
    "count": compact,
    "percent": percent,
    "seconds": duration,
    "ms": milliseconds,
    "bytes": _bytes,
    "rating": _two_places,
    "score": _two_places,
}


@dataclass(frozen=True, slots=True)
class Change:
    """A comparison of two values.

    ``text`` is short (``+312 (+4.1 %)``), ``words`` reads aloud, ``sign`` is -1, 0, 1 or None when
    there is nothing to compare. ``relative`` is a share of the base, None where it means nothing.
    """

    text: str
    words: str
    sign: int | None
    absolute: float | None
    relative: float | None


def change(now: Number | None, before: Number | None, *, kind: str = "sum", unit: str | None = None) -> Change:
    """``now`` against ``before``. A ``kind`` of ``ratio`` without another unit is a share and changes in pp."""
    new, old = to_decimal(now), to_decimal(before)
    if new is None:
        return Change(MISSING, "this value is missing", None, None, None)
    if old is None:
        return Change(MISSING, "nothing to compare with", None, None, None)
    unit = unit or ("percent" if kind == "ratio" else "count")
    if unit == "percent":
        return _change_of_share(new, old)
    return _change_of_amount(new, old, unit)


def _signed(sign: int, text: str) -> str:
    """``text`` of a size with its explicit sign."""
    if text.startswith("< "):
        return text  # the arrow and the words beside it say which way
    return f"{'+' if sign > 0 else '-' if sign < 0 else ''}{text}"


def _sign(number: Decimal) -> int:
    return (number > 0) - (number < 0)


def _change_of_share(new: Decimal, old: Decimal) -> Change:
    difference = new - old
    sign = _sign(difference)
    size = _hundredths(abs(difference), "pp")
    words = "no change" if sign == 0 else f"{'up' if sign > 0 else 'down'} {size.replace('pp', 'percentage points')}"
    relative = float(difference / old) if old > 0 else None
    return Change(_signed(sign, size), words, sign, float(difference), relative)


def _change_of_amount(new: Decimal, old: Decimal, unit: str) -> Change:
    difference = new - old
    sign = _sign(difference)
    if old == 0 and new != 0:
        return Change("new", f"new: {format_value(new, unit)}, from 0", sign, float(difference), None)
    relative = difference / old if old > 0 else None
    size = format_value(abs(difference), unit)
    if sign == 0:
        return Change("0 (0 %)" if old else "0", "no change", 0, 0.0, 0.0 if old else None)
    direction = "up" if sign > 0 else "down"
    if relative is None:
        return Change(_signed(sign, size), f"{direction} {size}", sign, float(difference), None)
    share, spoken = "> 10×", "to more than 10 times as much"
    if relative <= _TOP_RELATIVE:
        share = _signed(sign, _hundredths(abs(relative), "%"))
        spoken = _hundredths(abs(relative), "%")
    return Change(
        f"{_signed(sign, size)} ({share})", f"{direction} {size} ({spoken})", sign, float(difference), float(relative)
    )
