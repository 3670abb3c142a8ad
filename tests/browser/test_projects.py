"""From pasted addresses to texts, in a browser: a project is made, looked at, scraped and changed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import THEMES, WIDTHS, Site, shoot
from tests.browser.test_screens import STICKS_OUT

pytestmark = pytest.mark.browser
ADDRESSES = (
    "https://store.steampowered.com/app/620/Portal_2/?utm_source=mail",
    "https://store.steampowered.com/app/620/",
    "https://notamazon.com/dp/B000000000",
)


def shoot_all(page: Page, site: Site, name: str) -> None:
    """In both themes and both widths, for the eyes of a person."""
    for width in WIDTHS:
        for theme in THEMES:
            page.context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])
            page.set_viewport_size({"width": width, "height": 900})
            page.reload()
            shoot(page, f"{name}-{width}-{theme}")
            assert page.evaluate(STICKS_OUT) <= 0, f"{name} is wider than {width} px"
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_project_is_made_from_pasted_addresses_and_read_before_ones_eyes(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/projects/new/")
    page.get_by_label("Name").fill("Kettle")
    page.get_by_label("Competitors").fill("Pot, Pan")
    page.get_by_label("Addresses").fill("\n".join(ADDRESSES))
    page.get_by_role("button", name="Look at the addresses").click()
    expect(page.get_by_role("main")).to_contain_text("Steam")
    shoot(page, "project-looked")
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kettle")
    shoot_all(page, site, "project-made")

    page.get_by_role("button", name=re.compile("^Scrape now", re.IGNORECASE)).first.click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("Completed|Partial"), timeout=40_000)
    shoot_all(page, site, "project-read")
    expect(page.get_by_role("main")).to_contain_text("100")

    page.goto(f"{site.url}/projects/")
    expect(page.get_by_role("main")).to_contain_text("Kettle")
    shoot_all(page, site, "projects-full")
    page.get_by_role("link", name="Kettle").click()
    page.get_by_role("link", name=re.compile("settings", re.IGNORECASE)).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit settings")
    shoot_all(page, site, "project-settings")
    page.goto(f"{site.url}/sources/jobs/")
    shoot_all(page, site, "runs-full")
