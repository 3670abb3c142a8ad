"""Every page in both themes at two widths: kept in an ignored folder, and nothing may stick out sideways."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import THEMES, WIDTHS, Site, shoot

pytestmark = pytest.mark.browser

#: by the body's width: the window's own would hide the room kept for a scrollbar
STICKS_OUT = "document.documentElement.scrollWidth - document.body.clientWidth"
PAGES = {
    "overview": "/",
    "overview-year": "/?range=12mo&metric=revenue",
    "overview-empty-filter": "/?f=channel:is:nowhere",
    "metric": "/metrics/reviews.negative_share/?range=91d",
    "metric-by": "/metrics/sessions/?by=device",
    "metrics": "/metrics/",
    "sources": "/sources/",
    "source-catalog": "/sources/add/",
    "connect-steam": "/sources/add/steam/",
    "connect-push": "/sources/add/push/",
    "connect-upload": "/sources/add/upload/",
    "runs": "/sources/jobs/",
    "projects": "/projects/",
    "project-new": "/projects/new/",
    "keys": "/settings/keys/",
    "key-add": "/settings/keys/add/reddit/",
    "presets": "/settings/presets/",
    "preset-add": "/settings/presets/add/",
    "preset": "/settings/presets/standard/",
    "team": "/settings/team/",
    "tokens": "/settings/tokens/",
    "profile": "/settings/profile/",
    "audit": "/settings/audit/",
    "missing": "/no-such-page/",
    "api-docs": "/docs",
}
OPEN = {"sign-in": "/accounts/login/", "sign-up": "/accounts/signup/", "reset": "/accounts/password/reset/"}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_hold_at_every_width_in_both_themes(
    browser: Browser, site: Site, cookies: Any, width: int, theme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([*cookies, {"name": "theme", "value": theme, "url": site.url}])
    page = context.new_page()
    for name, path in PAGES.items():
        answer = page.goto(f"{site.url}{path}")
        assert answer is not None
        assert answer.status < 500, path
        page.wait_for_timeout(250)
        shoot(page, f"{name}-{width}-{theme}")
        overflow = page.evaluate(STICKS_OUT)
        assert overflow <= 0, f"{path} is {overflow} px wider than the window"
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        overflow = page.evaluate(STICKS_OUT)
        assert overflow <= 0, f"{path} is {overflow} px wider than the window with everything opened"
    context.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_entrance_pages_hold_at_every_width(browser: Browser, site: Site, width: int, theme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])
    page = context.new_page()
    for name, path in OPEN.items():
        page.goto(f"{site.url}{path}")
        shoot(page, f"{name}-{width}-{theme}")
        assert page.evaluate(STICKS_OUT) <= 0, path
    context.close()
