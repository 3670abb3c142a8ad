from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livinglytics.lib.numbers import axis_label, change, compact, duration, format_value, milliseconds, money, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-0.0, "0"), (1, "1"), (999, "999"), (999.4, "999"), (999.6, "1.00k"), (1000, "1.00k"),
        (1234, "1.23k"),
        (1225, "1.22k"), (1235, "1.24k"), (9996, "10.0k"), (12345, "12.3k"), (99960, "100k"), (123456, "123k"),
        (999_499, "999k"), (999_500, "1.00M"), (999_950, "1.00M"), (1_230_000, "1.23M"), (1_230_000_000, "1.23B"),
        (5e12, "5.00T"), (5e16, "50000T"), (-1234, "-1.23k"), (-999_950, "-1.00M"), (0.5, "0.5"), (4.567, "4.57"),
        (0.0123, "0.012"), (0.0004, "< 0.001"), (-0.0004, "> -0.001"), (12.0, "12"), (100, "100"),
        (Decimal("1234.5"), "1.23k"), (None, "–"), (float("nan"), "–"), (float("inf"), "–"), (Decimal("NaN"), "–"),
    ],
)  # fmt: skip
def test_a_count_is_short(value: float | None, text: str) -> None:
    assert compact(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_short_number_is_short_and_near_the_truth(value: float) -> None:
    text = compact(value)
    assert len(text) <= 8
    if "0.001" not in text:
        scale = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(text[-1], 1)
        assert abs(float(text.rstrip("kMBT")) * scale - value) <= max(abs(value) * 0.00501, 0.0005001)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (500, "500"),
        (1000, "1k"),
        (1500, "1.5k"),
        (250_000, "250k"),
        (2e6, "2M"),
        (-2e6, "-2M"),
        (0.25, "0.25"),
    ],
)
def test_an_axis_label_has_no_needless_zeros(value: float, text: str) -> None:
    assert axis_label(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"), (0.123, "12.3 %"), (0.1225, "12.2 %"), (0.0005, "< 0.1 %"), (0.001, "0.1 %"), (1, "100.0 %"),
        (-0.5, "-50.0 %"), (-0.0001, "> -0.1 %"), (12.5, "1,250.0 %"), (None, "–"),
    ],
)  # fmt: skip
def test_a_percentage_has_one_decimal(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.04, "< 0.1 s"), (0.44, "0.4 s"), (9.96, "10 s"), (45, "45 s"), (59.6, "1m 00s"), (185, "3m 05s"),
        (3599.6, "1h 00m"), (8040, "2h 14m"), (7199, "2h 00m"), (86_399, "1d 00h"), (90_000, "1d 01h"), (-45, "-45 s"),
        (None, "–"),
    ],
)  # fmt: skip
def test_a_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_milliseconds() -> None:
    assert [milliseconds(v) for v in (0, 340, 999.6, 1234, 65_000, None)] == [
        "0 ms", "340 ms", "1.00 s", "1.23 s", "1m 05s", "–",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1234, "usd", "$1.23k"), (12.3, "EUR", "€12.30"), (0, "USD", "$0.00"), (999.994, "USD", "$999.99"),
        (999.996, "USD", "$1.00k"), (-5, "USD", "-$5.00"), (0.001, "USD", "< $0.01"), (12.3, "CHF", "CHF 12.30"),
        (980, "JPY", "¥980"), (-1e6, "EUR", "-€1.00M"), (None, "USD", "–"),
    ],
)  # fmt: skip
def test_money(value: float | None, currency: str, text: str) -> None:
    assert money(value, currency) == text


@pytest.mark.parametrize(
    ("now", "before", "text", "sign"),
    [
        (7912, 7600, "+312 (+4.1 %)", 1),
        (7600, 7912, "-312 (-3.9 %)", -1),
        (5, 0, "new", 1),
        (0, 0, "0", 0),
        (5, 5, "0 (0 %)", 0),
        (0, 5, "-5 (-100.0 %)", -1),
        (100, 1, "+99 (> 10×)", 1),
        (10_990, 1000, "+9.99k (+999.0 %)", 1),
        (5, None, "–", None),
        (None, 5, "–", None),
        (3, -2, "+5", 1),
        (100_001, 100_000, "+1 (< 0.1 %)", 1),
        (99_999, 100_000, "-1 (< 0.1 %)", -1),
    ],
)
def test_a_change_of_a_count(now: float | None, before: float | None, text: str, sign: int | None) -> None:
    found = change(now, before, kind="sum")
    assert (found.text, found.sign) == (text, sign)


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (0.123, 0.111, "+1.2 pp"),
        (0.111, 0.123, "-1.2 pp"),
        (0.1, 0.1, "0 pp"),
        (0.1001, 0.1, "< 0.1 pp"),
        (0.1, 0, "+10.0 pp"),
    ],
)
def test_a_ratio_changes_in_percentage_points(now: float, before: float, text: str) -> None:
    assert change(now, before, kind="ratio").text == text


def test_a_change_keeps_its_unit_and_reads_aloud() -> None:
    found = change(12, 10, kind="sum", unit="usd")
    assert found.text == "+$2.00 (+20.0 %)"
    assert found.words == "up $2.00 (20.0 %)"
    assert (found.absolute, found.relative) == (2.0, 0.2)
    assert change(5, 0, kind="sum").relative is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234, "count", "1.23k"), (0.5, "percent", "50.0 %"), (45, "seconds", "45 s"), (340, "ms", "340 ms"),
        (12.3, "eur", "€12.30"), (4.256, "rating", "4.26"), (-0.001, "score", "0.00"), (-0.25, "score", "-0.25"),
        (1_234_567, "bytes", "1.23 MB"), (500, "bytes", "500 B"), (3, "days", "3 days"), (None, "usd", "–"),
    ],
)  # fmt: skip
def test_a_value_with_its_unit(value: float | None, unit: str, text: str) -> None:
    assert format_value(value, unit) == text
