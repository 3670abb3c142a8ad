"""Heat grid, lag plot and the drawings in table cells."""

from __future__ import annotations

from xml.etree import ElementTree

from metrics.charts.cells import bullet, interval, split_bar
from metrics.charts.draw import draw, rows, says
from metrics.charts.plots import HeatFigure, LagFigure


def lag_figure(*values: float | None, band: float = 0.2) -> LagFigure:
    lags = tuple(range(-(len(values) // 2), len(values) // 2 + 1))
    return LagFigure("lag", "Lags", "releases", "reviews", lags, values, band=band, tried=36, n=91)


def heat_figure() -> HeatFigure:
    return HeatFigure("heat", "Heat", ("Mon", "Tue"), ("00", "01"), ((1, None), (0, 8)), corner="Weekday")


def classes(drawing: str) -> list[str]:
    return [element.get("class", "") for element in ElementTree.fromstring(drawing).iter()]


def test_a_missing_cell_of_a_heat_grid_is_hollow_and_a_zero_is_not() -> None:
    drawn = classes(draw(heat_figure()))
    assert (drawn.count("heat"), drawn.count("heat-none")) == (3, 1)


def test_a_heat_grid_says_where_it_is_strongest_and_has_a_twin() -> None:
    assert says(heat_figure()) == "Most on Tue at 01: 8."
    assert [row.cells for row in rows(heat_figure()).rows] == [("1", "–"), ("0", "8")]


def test_a_lag_plot_names_the_strongest_lag_the_pairs_tried_and_no_cause() -> None:
    said = says(lag_figure(0.1, 0.0, 0.1, 0.3, 0.6))
    assert said == (
        "Changes in releases come 2 days before changes in reviews (r = 0.60); 91 days, 36 pairs tried. "
        "Not proof of a cause."
    )


def test_a_lag_plot_within_the_band_claims_nothing() -> None:
    assert says(lag_figure(0.1, 0.05, -0.1)).startswith("No lag stands out of chance")


def test_stems_within_the_band_are_grey_and_missing_lags_have_none() -> None:
    drawn = classes(draw(lag_figure(0.1, None, 0.5)))
    assert (drawn.count("stem stem-within"), drawn.count("stem")) == (1, 1)


def test_the_twin_of_a_lag_plot_marks_what_is_outside_the_band() -> None:
    assert [row.note for row in rows(lag_figure(0.1, None, 0.5)).rows] == ["", "", "outside the band"]


def test_the_parts_of_a_split_bar_meet_and_neutral_lies_across_the_middle() -> None:
    bars = list(ElementTree.fromstring(split_bar(25, 50, 25)).iter("rect"))
    edges = [(float(bar.get("x", "")[:-1]), float(bar.get("width", "")[:-1])) for bar in bars]
    assert edges == [(25.0, 12.5), (37.5, 25.0), (62.5, 12.5)]


def test_a_split_bar_of_nothing_is_an_empty_track() -> None:
    assert "track" in split_bar(0, 0, 0)


def test_an_interval_without_a_value_draws_no_dot() -> None:
    assert "circle" not in interval(None, None, None, axis=(-1, 1))
    assert "whisker" in interval(0.2, 0.1, 0.3, axis=(-1, 1))


def test_a_bullet_never_leaves_its_track() -> None:
    assert 'width="100.00%"' in bullet(150, 80, 100)
