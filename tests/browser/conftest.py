"""A real Chromium before the real single process, with outside services played by the fakes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.fakes.steam import SteamFake

ROOT = Path(__file__).resolve().parents[2]
#: looked at by people, kept by nobody
SHOTS = ROOT / "test-results" / "screens"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDTHS = (1280, 390)
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Site:
    """The running product and how to get into its demo team."""

    url: str
    email: str
    password: str
    steam: SteamFake


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`./run` on an empty folder, as a newcomer starts it."""
    folder = tmp_path_factory.mktemp("site")
    with SteamFake(reviews=3_000, days=120) as steam:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", "8631"],
            cwd=ROOT,
            env=_environment(folder, steam),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield _ready(process, steam)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def _environment(folder: Path, steam: SteamFake) -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "REDIS_URL_FILE")
    }
    return kept | {
        "DATA_DIR": str(folder),
        "STEAM_BASE_URL": steam.url,
        "ALLOWED_PRIVATE_HOSTS": steam.host,
        "PYTHONUNBUFFERED": "1",
        "RATE_LIMIT_AUTH": "500/minute",
    }


def _ready(process: subprocess.Popen[str], steam: SteamFake) -> Site:
    """What the start printed: the address and the demo login."""
    said = ""
    until = time.monotonic() + 90
    assert process.stdout is not None
    while time.monotonic() < until:
        line = process.stdout.readline()
        if not line and process.poll() is not None:
            break
        said += line
        url, login = re.search(r"ready: (http\S+)", said), re.search(r"(\S+@\S+) with the password (\S+)", said)
        if url and login:
            return Site(url[1], login[1], login[2], steam)
    raise AssertionError(f"The product did not start:\n{said}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("Chromium is not installed: apt-get install chromium, or set CHROMIUM.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def cookies(browser: Browser, site: Site) -> Any:
    """Signed in once, through the page, for all journeys that don't test signing in."""
    context = browser.new_context()
    sign_in(context.new_page(), site)
    found = context.cookies()
    context.close()
    return found


@pytest.fixture
def context(browser: Browser, cookies: Any) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 900})
    opened.add_cookies(cookies)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A signed-in page that must not say anything wrong on its console."""
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda message: _note(message, wrong))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    yield opened
    assert wrong == []


def _note(message: ConsoleMessage, wrong: list[str]) -> None:
    # a refused form answers 4xx, which the console tells as a failed load
    if message.type == "error" and "status of 4" not in message.text:
        wrong.append(message.text)


def sign_in(page: Page, site: Site) -> None:
    """Through the form, as a person does."""
    enter(page, site, site.password)
    page.wait_for_url(f"{site.url}/")


def enter(page: Page, site: Site, password: str) -> None:
    """Fill in the sign-in form and send it."""
    page.goto(f"{site.url}/")
    page.fill("input[name=login]", site.email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")


def shoot(page: Page, name: str) -> None:
    """A screenshot for the reviewer's eyes."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)
