"""Real public tables, uploaded by page: what the charts and tables show is what pandas computes."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import urljoin

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, shoot
from tests.sources.tabular.files import real

pytestmark = pytest.mark.browser


def bring(page: Page, site: Site, path: Path, roles: dict[str, str]) -> None:
    """Upload the file, give the named columns their roles, import it."""
    page.goto(f"{site.url}/sources/add/upload/")
    page.set_input_files("input[type=file]", str(path))
    page.click("main form button[type=submit]")
    expect(page).to_have_url(re.compile("/sources/uploads/"))
    names = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
    for name, role in roles.items():
        with page.expect_response(lambda answer: "/sources/uploads/" in answer.url):
            page.select_option(f"select[name=role_{names.index(name)}]", role)
    shoot(page, f"upload-{path.stem}-1280-light")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sources/[0-9a-f-]{36}/"))
    expect(page.locator("main")).to_contain_text("Succeeded", timeout=60_000)


def exported(page: Page, address: str) -> pd.DataFrame:
    """What the CSV link under the chart brings."""
    page.goto(address)
    page.locator("figure .twin summary").first.click()
    link = page.get_by_role("link", name="Download CSV").first.get_attribute("href")
    assert link is not None
    answer = page.request.get(urljoin(page.url, link))
    return pd.read_csv(io.StringIO(answer.body().decode("utf-8-sig")))


def test_taxi_passengers_by_day_and_week_are_those_of_pandas(page: Page, site: Site) -> None:
    path = real("nyc_taxi.csv")
    bring(page, site, path, {})
    table = pd.read_csv(path, parse_dates=["timestamp"])
    days = table.groupby(table["timestamp"].dt.date.astype(str))["value"].sum()
    weeks = table.groupby(table["timestamp"].dt.to_period("W-SUN").dt.start_time.dt.date.astype(str))["value"].sum()
    span = f"{site.url}/metrics/value/?range=2014-07-01,2015-01-31"
    by_week = exported(page, f"{span}&grain=week")
    assert dict(zip(by_week["time"], by_week["value"], strict=True)) == weeks.to_dict()
    by_day = exported(page, f"{span}&grain=day")
    assert dict(zip(by_day["time"], by_day["value"], strict=True)) == days.to_dict()
    # the snow storm that closed the city is the lowest point of the chart, in words and in the table
    quiet = pd.Timestamp(days.idxmin())
    assert f"{quiet:%Y-%m-%d}" == "2015-01-27"
    expect(page.locator("figure .chart-says").first).to_contain_text(f"{quiet:%-d %b}")
    expect(page.locator("figure .twin tr", has_text=f"{quiet:%-d %b}").first).to_contain_text("232")
    shoot(page, "nyc-taxi-1280-light")


def test_rentals_by_season_and_weather_add_up_on_the_page(page: Page, site: Site) -> None:
    path = real("bike_sharing_day.csv")
    table = pd.read_csv(path)
    ignored = [name for name in table.columns if name not in {"dteday", "season", "weathersit", "casual", "reg", "cnt"}]
    bring(page, site, path, dict.fromkeys(ignored, "") | {"season": "dimension", "weathersit": "dimension"})
    for metric in ("casual", "reg", "cnt"):
        for dimension in ("season", "weathersit"):
            page.goto(f"{site.url}/metrics/{metric}/?range=2011-01-01,2012-12-31&by={dimension}")
            whole = table[metric].sum()
            shown = page.locator(".tile-value").first.get_attribute("title") or ""
            assert int(re.sub(r"\D", "", shown)) == whole
            link = page.locator(".breakdown").get_by_role("link", name="CSV").first.get_attribute("href")
            assert link is not None
            parts = pd.read_csv(io.StringIO(page.request.get(urljoin(page.url, link)).body().decode("utf-8-sig")))
            expected = table.groupby(table[dimension].astype(str))[metric].sum().to_dict()
            assert dict(zip(parts[dimension].astype(str), parts[metric], strict=True)) == expected
            assert parts[metric].sum() == whole
