"""Journeys over the pages of numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Site, enter, sign_in

pytestmark = pytest.mark.browser


def _with_numbers(page: Page, site: Site) -> None:
    """The overview, once the demo's year has arrived (the empty page says so and fills itself)."""
    page.goto(f"{site.url}/")
    for _ in range(60):
        if page.locator(".tile").count() >= 6:
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("the demo data did not arrive")


def test_a_newcomer_signs_in_and_sees_what_changed(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, site)
    _with_numbers(page, site)
    expect(page.locator(".tile")).to_have_count(6)
    expect(page.locator("#changed-title")).to_be_visible()
    expect(page.locator(".trust")).to_contain_text("Europe/Berlin")
    context.close()


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    enter(page, site, "not the password")
    expect(page.locator("body")).to_contain_text(re.compile("not correct|do not match", re.IGNORECASE))
    expect(page.locator("input[name=password]")).to_have_value("")
    context.close()


def test_a_card_chooses_the_chart_and_the_address_keeps_it(page: Page, site: Site) -> None:
    _with_numbers(page, site)
    page.click(".tile:nth-of-type(4) .tile-link")
    expect(page).to_have_url(re.compile("metric=revenue"))
    expect(page.locator("#main-title")).to_have_text("Revenue")
    page.go_back()
    expect(page.locator("#main-title")).to_have_text("Sessions")


def test_a_row_filters_the_page_and_its_chip_takes_the_filter_off(page: Page, site: Site) -> None:
    _with_numbers(page, site)
    before = page.locator(".tile-value").first.inner_text()
    page.click("#by-channel .bar-row >> nth=0")
    expect(page.locator(".chip")).to_contain_text("organic")
    assert page.locator(".tile-value").first.inner_text() != before
    page.click(".chip a")
    expect(page.locator(".tile-value").first).to_have_text(before)


def test_keys_choose_ranges_and_never_while_somebody_types(page: Page, site: Site) -> None:
    _with_numbers(page, site)
    page.keyboard.press("D")
    expect(page).to_have_url(re.compile("range=7d"))
    page.goto(f"{site.url}/metrics/")
    page.fill("input[type=search]", "")
    page.locator("input[type=search]").press_sequentially("WDMY")
    expect(page.locator("input[type=search]")).to_have_value("WDMY")


def test_keys_compare_change_the_grain_and_search(page: Page, site: Site) -> None:
    _with_numbers(page, site)
    page.keyboard.press("X")
    expect(page).to_have_url(re.compile("compare=none"))
    expect(page.locator("#changed-title + span")).to_have_count(0)
    page.keyboard.press("X")
    expect(page).to_have_url(re.compile("compare=previous"))
    page.keyboard.press("I")
    expect(page).to_have_url(re.compile("grain=week"))
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/metrics/"))
    expect(page.locator("input[type=search]")).to_be_focused()


def test_nothing_jumps_while_the_overview_loads(page: Page, site: Site) -> None:
    _with_numbers(page, site)
    page.add_init_script(
        "window.jumped = 0; new PerformanceObserver(list => { for (const one of list.getEntries())"
        " if (!one.hadRecentInput) window.jumped += one.value }).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(f"{site.url}/")
    expect(page.locator(".chart-canvas")).to_have_count(1)
    assert page.evaluate("window.jumped") < 0.01


def test_the_chart_can_be_read_as_a_table_and_downloaded(page: Page, site: Site) -> None:
    _with_numbers(page, site)
    page.click("#main [data-twin] summary")
    expect(page.locator("#main .twin tbody tr")).to_have_count(28)
    with page.expect_download() as download:
        page.click("#main .twin a[download]")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith("time,")
    assert len(text.splitlines()) == 29


def test_everything_works_without_javascript(browser: Browser, site: Site, cookies: object) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    _with_numbers(page, site)
    expect(page.locator(".tile svg").first).to_be_visible()
    expect(page.locator("#main svg").first).to_be_visible()
    page.click(".tile:nth-of-type(2) .tile-link")
    expect(page.locator("#main-title")).to_have_text("Conversions")
    page.goto(f"{site.url}/metrics/conversion_rate/")
    expect(page.locator("h1")).to_have_text("Conversion rate")
    context.close()


def test_an_address_full_of_mistakes_is_explained_and_never_breaks(page: Page, site: Site) -> None:
    _with_numbers(page, site)
    page.goto(f"{site.url}/?range=yesteryear&compare=moon&grain=blink&f=nonsense&colour=red")
    expect(page.locator("body")).to_contain_text("can't be read")
    expect(page.locator("body")).to_contain_text("isn't something this page understands")
    expect(page.locator(".tile")).to_have_count(6)
