"""Rounding and scaling of decimal digits, half to even."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

Number = int | float | Decimal

MISSING = "–"

STEPS = ("", "k", "M", "B", "T")
BYTE_STEPS = (" B", " kB", " MB", " GB", " TB")


def to_decimal(value: Number | None) -> Decimal | None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def rounded_to(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=None)


def fixed(number: Decimal, places: int) -> str:
    rounded = rounded_to(number, places)
    return f"{abs(rounded) if rounded == 0 else rounded:.{places}f}"


def three_digits(number: Decimal, most: int) -> Decimal:
    """Rounded to three significant digits, with at most ``most`` places (9.996 is 10.0, not 10.00)."""
    rounded = rounded_to(number, min(most, max(0, 2 - number.adjusted())))
    return rounded_to(rounded, min(most, max(0, 2 - rounded.adjusted())))


def scaled_to_step(number: Decimal, steps: tuple[str, ...]) -> tuple[Decimal, str]:
    """``number`` (not negative) in the largest step that keeps it below 1000 after rounding."""
    for step in steps:
        if three_digits(number, 2) < 1000:
            return number, step
        number /= 1000
    return number * 1000, steps[-1]


def trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(number: Decimal, steps: tuple[str, ...] = STEPS) -> str:
    """As ``compact`` for a number that is not negative."""
    if 0 < number < Decimal("0.001"):
        return f"< 0.001{steps[0]}"
    scaled, step = scaled_to_step(number, steps)
    if step == steps[0]:
        return f"{trimmed(f'{three_digits(scaled, 3):f}')}{step}"
    return f"{three_digits(scaled, 2):f}{step}"


def with_sign(negative: bool, text: str) -> str:
    if not negative:
        return text
    return f"> -{text[2:]}" if text.startswith("< ") else f"-{text}"
