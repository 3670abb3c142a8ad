"""What a drawn chart promises: gaps stay gaps, the open period is dashed, nothing is written unescaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from metrics.charts.client import chart_payload
from metrics.charts.draw import draw
from metrics.charts.lines import runs
from metrics.charts.shapes import Annotation, ChartFigure, Series
from metrics.charts.sparks import spark_line
from metrics.charts.twin import twin_of
from tests.charts.figures import figure, points


def classes(drawing: str) -> list[str]:
    tree = ElementTree.fromstring(drawing)
    return [element.get("class", "") for element in tree.iter()]


def test_a_gap_breaks_the_line_and_is_never_bridged() -> None:
    drawing = draw(figure(1, 2, None, 4, 5))
    assert classes(drawing).count("line") == 2
    assert classes(drawing).count("gap") == 1


def test_a_zero_is_drawn_and_a_missing_value_is_not() -> None:
    found = runs(points(3, 0, None, 2, 1))
    assert [[spot[1].value for spot in run] for run in found] == [[3, 0], [2, 1]]


def test_the_open_period_is_dashed_and_ends_in_a_ring() -> None:
    drawing = classes(draw(figure(1, 2, 3, last="partial")))
    assert "line line-open" in drawing
    assert "point-open" in drawing


def test_a_point_between_two_gaps_is_a_dot() -> None:
    drawing = classes(draw(figure(1, 2, None, 4, None, 6, 7)))
    assert drawing.count("point") == 2


def test_the_comparison_is_a_line_of_its_own() -> None:
    drawing = draw(figure(1, 2, 3, comparison=Series("before", "Before", points(2, 2, 2))))
    assert "line line-compare" in classes(drawing)


def test_a_remark_is_marked_only_when_its_day_is_shown() -> None:
    notes = (Annotation("2025-11-02", "Release"), Annotation("2031-01-01", "Far away"))
    assert classes(draw(figure(1, 2, 3, annotations=notes))).count("note-mark") == 1


@pytest.mark.parametrize("kind", ["line", "bars", "stacked"])
def test_names_from_outside_cannot_write_into_the_page(kind: str) -> None:
    nasty = '"><script>alert(1)</script>'
    series = Series("x", nasty, points(1, 2))
    drawn = draw(ChartFigure(key="x", title=nasty, series=(series,), kind=kind))  # type: ignore[arg-type]
    assert "<script" not in drawn


@pytest.mark.parametrize("kind", ["line", "bars", "stacked"])
def test_a_chart_has_no_inline_style(kind: str) -> None:
    assert "style=" not in draw(figure(1, None, 3, kind=kind))


@pytest.mark.parametrize("values", [(), (5,), (None, None), (0, 0, 0), (-3, -1, 2)])
@pytest.mark.parametrize("kind", ["line", "bars"])
def test_odd_data_still_makes_a_drawing(kind: str, values: tuple[float | None, ...]) -> None:
    drawing = draw(figure(*values, kind=kind))
    assert 'role="img"' in drawing
    assert not re.search(r"\b(nan|inf)\b", drawing)


def test_bars_stand_on_zero_and_an_open_bar_is_hollow() -> None:
    tree = ElementTree.fromstring(draw(figure(2, 4, 1, kind="bars", last="partial")))
    bars = list(tree.iter("rect"))
    feet = {round(float(rect.get("y", 0)) + float(rect.get("height", 0)), 1) for rect in bars}
    assert len(feet) == 1
    assert bars[-1].get("class") == "bar bar-open"


def test_a_stack_is_as_tall_as_the_sum_of_its_parts() -> None:
    parts = tuple(
        Series(name, name, points(value), colour=at + 1) for at, (name, value) in enumerate([("a", 3), ("b", 1)])
    )
    tree = ElementTree.fromstring(draw(ChartFigure(key="s", title="S", series=parts, kind="stacked")))
    first, second = (float(rect.get("height", 0)) for rect in tree.iter("rect"))
    assert first == pytest.approx(3 * second, rel=0.01)


def test_a_stack_of_seven_parts_is_refused() -> None:
    parts = tuple(Series(str(at), str(at), points(1)) for at in range(7))
    with pytest.raises(ValueError, match="Other"):
        draw(ChartFigure(key="s", title="S", series=parts, kind="stacked"))


def test_a_sparkline_keeps_its_gap_and_its_open_end() -> None:
    drawing = spark_line(points(1, 2, None, 4, 5, last="partial"))
    assert drawing.count("line-open") == 1
    assert classes(drawing).count("line") == 1
    assert 'aria-hidden="true"' in drawing


def test_an_empty_sparkline_keeps_its_place() -> None:
    assert 'height="40"' in spark_line(())


def test_the_browser_gets_null_for_a_gap_and_the_reason_beside_it() -> None:
    series = chart_payload(figure(1, None, 3, last="partial"))["series"][0]
    assert series["values"] == [1, None, 3]
    assert series["states"] == ["value", "missing", "partial"]
    assert series["texts"] == ["1", "–", "3 so far"]


def test_the_browser_draws_on_the_same_axis_as_the_server() -> None:
    payload = chart_payload(figure(3, 97))
    assert (payload["low"], payload["high"]) == (0, 100)


def test_the_table_twin_has_the_same_rows_in_the_same_order() -> None:
    twin = twin_of(figure(1234, None, 0, comparison=Series("before", "Before", points(5, 6))))
    assert twin.columns == ("Visits", "Before")
    assert [row.cells for row in twin.rows] == [("1\u00a0234", "5"), ("–", "6"), ("0", "–")]
