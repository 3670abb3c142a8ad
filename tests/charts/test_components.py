"""Every component renders; every tile state says what it must; nothing needs inline script or style."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from livinglytics.lib import numbers
from metrics.charts.judged import judged
from metrics.charts.shapes import Tile, TileState
from metrics.charts.specimen import specimen
from metrics.templatetags.figures import bar_width, icon, state_look
from tests.charts.figures import points

ROOT = Path(__file__).parents[2]
GOOD = judged(numbers.change(110, 100), "up", words="vs 100 the week before")


def tile(state: TileState, **more: object) -> str:
    given = {"key": "k", "label": "Visits", "value": 4210.0, "points": points(1, 2, 3), "change": GOOD} | more
    html = render_to_string("components/tile.html", {"tile": Tile(state=state, **given)})  # type: ignore[arg-type]
    return re.sub(r"[ \n]+", " ", html)


def test_a_ready_tile_shows_value_change_and_comparison_in_words() -> None:
    html = tile(TileState())
    assert "4.21k" in html
    assert 'title="4\u00a0210"' in html
    assert "▲" in html
    assert "+10 (+10.0 %)" in html
    assert "vs 100 the week before" in html


def test_a_loading_tile_keeps_the_old_value_dimmed() -> None:
    html = tile(TileState("loading"))
    assert "tile-loading" in html
    assert 'aria-busy="true"' in html
    assert "4.21k" in html


def test_a_loading_tile_without_an_old_value_keeps_its_place() -> None:
    assert "skeleton" in tile(TileState("loading"), value=None)


def test_a_tile_with_nothing_connected_teaches_the_next_step() -> None:
    html = tile(TileState("nothing", action_url="/sources/new/", demo_url="/demo/"), value=None)
    assert 'href="/sources/new/"' in html
    assert 'href="/demo/"' in html
    assert "–" not in html


def test_a_waiting_tile_follows_its_job() -> None:
    html = tile(TileState("waiting", job_id="j1", live_url="/part/", message="Fetched 5 of 9", done=5, total=9))
    assert 'data-live-job="j1"' in html
    assert 'data-live-url="/part/"' in html
    assert 'value="5" max="9"' in html
    assert "Fetched 5 of 9" in html


def test_a_filtered_tile_offers_to_remove_the_filter() -> None:
    html = tile(TileState("filtered", "No rows for country = Estonia.", action_url="/?x"), value=None)
    assert "country = Estonia" in html
    assert 'href="/?x"' in html


def test_a_failed_tile_says_cause_id_and_last_good_value() -> None:
    html = tile(TileState("error", "Steam refused the key.", "Retry", "/retry/", error_id="e-1", as_of="12 Nov"))
    for said in ("Steam refused the key.", "e-1", "12 Nov", 'href="/retry/"', "4.21k"):
        assert said in html


def test_a_stale_tile_says_age_reason_and_next_try() -> None:
    html = tile(TileState("stale", "Reddit slows us down.", age="2 d", next_try="at 15:20"))
    for said in ("2 d old", "Reddit slows us down.", "at 15:20", "4.21k"):
        assert said in html


def test_a_partial_tile_says_so_far() -> None:
    assert "so far" in tile(TileState("partial"))


def test_not_applicable_comes_with_its_reason() -> None:
    html = tile(TileState(), value=None, na_reason="No prices for one model.")
    assert "n/a" in html
    assert "No prices for one model." in html


def test_a_neutral_metric_is_never_red_or_green() -> None:
    html = tile(TileState(), change=judged(numbers.change(110, 100)))
    assert "change-neutral" in html
    assert "change-good" not in html


@pytest.fixture(scope="module")
def page() -> str:
    return render_to_string("pages/style.html", specimen() | {"theme": "dark", "team": None})


def test_the_style_page_renders_every_component(page: str) -> None:
    for name in ("trust", "chip", "breakdown", "chart", "twin", "empty", "alert-error", "code", "dialog", "pages"):
        assert f'"{name}' in page or f" {name}" in page
    assert 'data-theme="dark"' in page


def test_a_page_has_no_inline_style_and_no_inline_script(page: str) -> None:
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"\son\w+=", page)
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page)
    assert all("application/json" in attributes for attributes in inline)


def test_every_id_on_the_page_is_its_own(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_every_icon_in_a_template_is_in_the_sprite() -> None:
    sprite = (ROOT / "static/vendor/lucide/sprite.svg").read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{%\s*icon\s+"([\w-]+)"', path.read_text())
    }
    assert used <= known, used - known


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in icon("bell")
    assert 'role="img" aria-label="Alerts"' in icon("bell", "", "Alerts")


def test_an_unknown_state_is_shown_plainly() -> None:
    assert (state_look("no_data").text, state_look("odd").icon) == ("no data", "circle")


@pytest.mark.parametrize(
    ("share", "width"), [(None, "0%"), (0, "0%"), (0.0001, "0.60%"), (0.5, "50.00%"), (2, "100.00%")]
)
def test_a_tiny_share_stays_visible_and_none_spills_over(share: float | None, width: str) -> None:
    assert bar_width(share) == width


def _packed(*names: str) -> int:
    return sum(len(gzip.compress((ROOT / "static" / name).read_bytes())) for name in names)


def test_scripts_stay_within_their_budget() -> None:
    import django_htmx

    htmx = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
    plain = len(gzip.compress(htmx.read_bytes())) + _packed("js/app.js", "js/live.js", "js/table.js")
    assert plain <= 30_000
    assert plain + _packed("js/chart.js", "vendor/uplot/1.6.32/uPlot.iife.min.js") <= 150_000
