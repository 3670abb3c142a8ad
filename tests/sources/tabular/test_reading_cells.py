from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.tabular import amounts, dates
from tests.sources.tabular.files import looked


def test_a_date_that_can_be_read_two_ways_is_asked_about():
    shape = looked(b"day,n\n03/04/2026,1\n05/04/2026,2\n")
    column = shape.columns[0]
    assert column.ambiguous
    assert column.date_candidates == ("DD/MM/YYYY", "MM/DD/YYYY")
    assert "DD/MM/YYYY or MM/DD/YYYY" in shape.problems[0].message


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["03/04/2026", "13/04/2026"], "DD/MM/YYYY"),
        (["03/04/2026", "04/13/2026"], "MM/DD/YYYY"),
        (["31.12.2025"], "DD.MM.YYYY"),
        (["20260131"], "YYYYMMDD"),
        (["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.123+02:00"], "YYYY-MM-DDTHH:MM:SSZ"),
        (["31 Jan 2026", "1 February 2026"], "DD Mon YYYY"),
        (["1/31/26 2:05 pm"], "MM/DD/YY HH:MM am"),
        (["2026-01", "2026-02"], "YYYY-MM"),
    ],
)
def test_date_formats_are_found(texts, name):
    assert dates.guess(texts).candidates == (name,)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "0001-01-01", "2026-W01-1", "abc", ""])
def test_an_impossible_date_is_refused_by_name(text):
    with pytest.raises(dates.DateError, match="expected YYYY-MM-DD"):
        dates.parser("YYYY-MM-DD")(text)


def test_offsets_and_half_days_are_read():
    assert dates.parser("YYYY-MM-DDTHH:MM:SSZ")("2026-01-01T10:00:00-0530") == datetime(
        2026, 1, 1, 10, tzinfo=timezone(-timedelta(hours=5, minutes=30))
    )
    read = dates.parser("MM/DD/YYYY HH:MM am")
    assert [read(f"01/02/2026 {clock}").hour for clock in ("12:00 am", "1:00 AM", "12:00 pm", "11:59 PM")] == [
        0, 1, 12, 23,
    ]  # fmt: skip
    assert dates.parser("unix milliseconds")("1767225600000") == datetime(2026, 1, 1, tzinfo=UTC)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_day_is_read_back_in_every_order(day):
    assert dates.parser("YYYY-MM-DD")(day.isoformat()) == day
    assert dates.parser("DD.MM.YYYY")(f"{day:%d.%m.}{day.year:04}") == day
    assert dates.parser("MM/DD/YYYY")(f"{day:%m/%d/}{day.year:04}") == day


@pytest.mark.parametrize(
    ("style", "text", "number"),
    [
        ("1234.56", "-1234.5", -1234.5),
        ("1,234.56", "1,234,567.5", 1234567.5),
        ("1.234,56", "1.234.567,5", 1234567.5),
        ("1 234,56", "1 234,5", 1234.5),
        ("1'234.56", "1’234.5", 1234.5),
        ("1234,56", "0,5", 0.5),
        ("1234.56", "12.5 %", 0.125),
        ("1234.56", "1e3", 1000.0),
    ],
)
def test_number_formats_are_read(style, text, number):
    assert amounts.reader(style)(text) == number


def test_a_comma_under_a_plain_format_names_both_readings():
    with pytest.raises(amounts.NumberError, match=r"1234 \(format 1,234.56\) or 1.234 \(format 1234,56\)"):
        amounts.reader()("1,234")


def test_a_column_of_thousands_that_could_be_fractions_is_asked_about():
    column = looked(b"day;n\n2026-01-01;1,234\n2026-01-02;5,678\n").columns[1]
    assert column.ambiguous
    assert column.number_candidates == ("1,234.56", "1234,56")


@pytest.mark.parametrize("value", ["inf", "-Infinity", "1e400", float("inf")])
def test_infinity_is_no_number(value):
    with pytest.raises(amounts.NumberError, match=r"can be stored|not a number"):
        amounts.reader()(value)


@pytest.mark.parametrize("value", [2**53 + 1, str(2**53 + 1), -(2**60) - 1, 10**400])
def test_a_whole_number_that_would_be_rounded_is_refused(value):
    with pytest.raises(amounts.NumberError, match="too large"):
        amounts.reader()(value)


def test_large_numbers_that_fit_exactly_are_kept():
    assert amounts.reader()(2**53) == amounts.reader()(str(2**53)) == 2.0**53


@pytest.mark.parametrize("value", ["", " ", "NA", "n/a", "NaN", "null", "-", None, float("nan")])
def test_missing_is_not_zero(value):
    assert amounts.is_missing(value)


def test_currencies_are_found_and_never_mixed():
    column = looked("day;n\n2026-01-01;€1.234,50\n2026-01-02;€2,00\n".encode()).columns[1]
    assert (column.currency, column.number_format) == ("€", "1.234,56")
    with pytest.raises(amounts.NumberError, match=r"in \$ \(expected €\)"):
        amounts.reader("1234.56", "€")("$5")


def test_codes_with_leading_zeros_stay_text():
    assert looked(b"day,zip\n2026-01-01,01067\n2026-01-02,80331\n").columns[1].type == "text"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_every_float_is_read_back(number):
    assert amounts.reader()(repr(number)) == number


@given(st.integers(-(10**12), 10**12))
def test_every_grouped_number_is_read_back(number):
    assert amounts.reader("1,234.56")(f"{number:,}") == number
    assert amounts.reader("1.234,56")(f"{number:,}".replace(",", ".")) == number
