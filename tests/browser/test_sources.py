"""Journeys from nothing to numbers: a file, a service with live progress, the demo and its end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import THEMES, WIDTHS, Site, shoot
from tests.fakes._server import slow

pytestmark = pytest.mark.browser

TABLE = "day;orders;country\n" + "".join(
    f"2026-0{month}-{day:02};{day * month};{'DE' if day % 2 else 'FR'}\n" for month in (3, 4) for day in range(1, 29)
)


def test_a_file_becomes_numbers_without_a_word_of_code(page: Page, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(TABLE, encoding="utf-8")
    page.goto(f"{site.url}/sources/add/upload/")
    page.set_input_files("input[type=file]", str(path))
    page.click("main form button[type=submit]")
    expect(page).to_have_url(re.compile("/sources/uploads/"))
    expect(page.locator("main")).to_contain_text("orders")
    shoot(page, "upload-mapping-1280-light")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sources/[0-9a-f-]{36}/"))
    expect(page.locator("main")).to_contain_text("Succeeded", timeout=20_000)
    page.goto(f"{site.url}/metrics/orders/?range=2026-03-01,2026-04-30")
    expect(page.locator(".tile-value").first).to_contain_text(f"{sum(range(1, 29)) * 7 / 1000:.2f}k")
    page.goto(f"{site.url}/metrics/orders/?range=2026-03-01,2026-04-30&by=country")
    expect(page.locator(".breakdown")).to_contain_text("DE")


def test_a_sync_moves_on_the_open_page_without_a_reload(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sources/add/steam/")
    page.fill("input[name=app]", f"https://store.steampowered.com/app/{site.steam.app}/")
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text("Review", timeout=20_000)
    shoot(page, "steam-preview-1280-light")
    site.steam.script(*[slow(0.25)] * 30)
    page.get_by_role("button", name=re.compile("^Connect")).click()
    expect(page).to_have_url(re.compile(r"/sources/[0-9a-f-]{36}/"))
    page.evaluate("window.stayed = true")
    seen: set[str] = set()
    for _ in range(120):
        progress = page.locator("main .progress .num")
        if progress.count():
            seen.add(progress.first.inner_text())
        if page.locator("main .badge", has_text="Succeeded").count():
            break
        page.wait_for_timeout(150)
    expect(page.locator("main")).to_contain_text("Succeeded")
    assert page.evaluate("window.stayed === true"), "the page was reloaded"
    assert len(seen) >= 3, seen
    page.goto(f"{site.url}/metrics/reviews.count/?range=all&by=platform")
    expect(page.locator(".breakdown")).to_contain_text("steam")


def test_a_game_that_does_not_exist_is_told_at_its_field(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sources/add/steam/")
    page.fill("input[name=app]", "https://notsteam.example/app/12")
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text(re.compile("Steam|app", re.IGNORECASE))
    expect(page.locator("[aria-invalid=true], .field-error, .error").first).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_a_source_holds_at_every_width(
    browser: Browser, site: Site, cookies: Any, width: int, theme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([*cookies, {"name": "theme", "value": theme, "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/sources/")
    page.locator("main table a, main .card a").first.click()
    page.wait_for_timeout(300)
    shoot(page, f"source-{width}-{theme}")
    assert page.evaluate("document.documentElement.scrollWidth - document.body.clientWidth") <= 0
    context.close()


def test_the_staff_admin_opens_for_staff_alone(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/admin/")
    expect(page.locator("body")).not_to_contain_text("Site administration")
