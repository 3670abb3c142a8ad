"""The sentence of a chart and the axis beside it."""

from __future__ import annotations

import pytest

from metrics.charts.scale import across, band, picked, scale_for, tick_label
from metrics.charts.shapes import Point, judge
from metrics.charts.words import cell, exact_value, sentence
from tests.charts.figures import figure


def test_the_sentence_names_course_peak_low_gaps_and_open_period() -> None:
    said = sentence(figure(100, 50, None, 300, 200, 40, last="partial"))
    assert said == (
        "Visits rose from 100 on 1 Nov to 200 on 5 Nov; peak 300 on 4 Nov; low 50 on 2 Nov; 1 gap; 6 Nov is still open."
    )


def test_the_sentence_does_not_compare_an_open_period_with_closed_ones() -> None:
    assert "fell" not in sentence(figure(100, 100, 5, last="partial"))


def test_a_chart_without_values_says_so() -> None:
    assert sentence(figure(None, None)) == "Visits: no values in this range."


def test_a_sentence_given_by_the_selector_wins() -> None:
    assert sentence(figure(1, 2, sentence="Said already.")) == "Said already."


@pytest.mark.parametrize(
    ("point", "text"),
    [
        (Point("d", "d", 1234.0), "1\u00a0234"),
        (Point("d", "d", 0.0, "zero"), "0"),
        (Point("d", "d", None, "missing"), "–"),
        (Point("d", "d", None, "na"), "n/a"),
        (Point("d", "d", 12.0, "partial"), "12 so far"),
    ],
)
def test_each_of_the_five_states_has_its_own_words(point: Point, text: str) -> None:
    assert cell(point, "count") == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.1234, "percent", "12.34 %"), (185, "seconds", "3m 05s"), (1234.5, "usd", "1\u00a0234.50 USD"), (None, "", "–")],
)
def test_a_value_in_full_keeps_its_unit(value: float | None, unit: str, text: str) -> None:
    assert exact_value(value, unit) == text


@pytest.mark.parametrize(
    ("sign", "direction", "verdict"),
    [(1, "up", "good"), (-1, "up", "bad"), (1, "down", "bad"), (-1, "down", "good"), (1, "neutral", "neutral")],
)
def test_good_and_bad_come_from_the_direction(sign: int, direction: str, verdict: str) -> None:
    assert judge(sign, direction) == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "unit", "low", "high"),
    [
        ((3, 97), "count", 0, 100),
        ((0.02, 0.18), "percent", 0, 0.2),
        ((1, 2), "count", 0, 2),
        ((-0.4, 0.6), "score", -0.5, 0.75),
        ((4.1, 4.6), "rating", 1, 5),
        ((0, 0), "count", 0, 1),
        ((), "count", 0, 1),
    ],
)
def test_an_axis_is_round_and_holds_zero(values: tuple[float, ...], unit: str, low: float, high: float) -> None:
    scale = scale_for(values, unit)
    assert (scale.low, scale.high) == (pytest.approx(low), pytest.approx(high))
    assert 0 in scale.ticks or unit == "rating"


def test_counts_have_no_broken_steps() -> None:
    assert scale_for((0, 2), "count").ticks == (0, 1, 2)


def test_tick_words_are_short() -> None:
    assert [tick_label(1500, "count"), tick_label(0.25, "percent"), tick_label(0.5, "score")] == ["1.5k", "25 %", "0.5"]


def test_places_span_the_whole_width() -> None:
    assert (across(0, 5), across(4, 5), across(0, 1)) == (0, 100, 50)
    left, width = band(3, 4)
    assert left + width < 100


def test_few_labels_are_picked_from_many_buckets() -> None:
    assert picked(3) == (0, 1, 2)
    assert len(picked(365)) <= 7
