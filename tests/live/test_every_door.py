"""Page, API, CSV and socket answer fifty random questions with the same numbers."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from channels.db import database_sync_to_async as in_thread
from django.test import Client

from accounts.models import Team
from livinglytics.lib import buckets, clock
from sources.connectors._base import Metric
from sources.records import MetricPoint
from tests.cast import api_client_for
from tests.conftest import Cast
from tests.live.conftest import Stage, cookie_of
from tests.metrics.build import land_records

pytestmark = pytest.mark.django_db(transaction=True)
METRICS = ("orders", "visits", "takings", "wait")
KINDS = (Metric("takings", "Takings", unit="eur"), Metric("wait", "Wait", kind="mean", unit="seconds"))
PAGE_DATA = re.compile(r'<script[^>]*id="main-data"[^>]*>(.*?)</script>', re.DOTALL)


def _numbers(team: Team, dice: random.Random) -> list[MetricPoint]:
    today = buckets.local_day(clock.now(), team.time_zone)
    found: list[MetricPoint] = []
    for ago in range(1, 100):
        day = today - timedelta(days=ago)
        for country in ("DE", "FR", "ES"):
            if dice.random() < 0.8:
                found.append(MetricPoint("orders", day, dice.randint(0, 50), {"country": country}))
                found.append(MetricPoint("visits", day, dice.randint(1, 500), {"country": country}))
                found.append(MetricPoint("takings", day, round(dice.uniform(-5, 900), 2), {"country": country}))
                at = buckets.day_bounds(day, team.time_zone)[0] + timedelta(hours=dice.randint(0, 22))
                found.append(MetricPoint("wait", at, dice.uniform(1, 90), {"country": country}, dice.randint(1, 9)))
    return found


def _question(dice: random.Random) -> dict[str, str]:
    asked = {"metric": dice.choice(METRICS), "range": dice.choice(["7d", "28d", "91d"])}
    asked["grain"] = dice.choice(["day", "week"])
    if dice.random() < 0.4:
        asked["f"] = f"country:is:{dice.choice(['DE', 'FR,ES'])}"
    return asked


def _from_page(browser: Client, asked: dict[str, str]) -> list[Any]:
    address = {key: value for key, value in asked.items() if key != "metric"}
    page = browser.get(f"/metrics/{asked['metric']}/?{urlencode(address)}").content.decode()
    found = PAGE_DATA.search(page)
    assert found, page[:500]
    return list(orjson.loads(found[1])["series"][0]["values"])


def _body(asked: dict[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"metrics": [asked["metric"]], "range": asked["range"], "grain": asked["grain"]}
    if "f" in asked:
        body["filters"] = [["is", "country", asked["f"].split(":")[2].split(",")]]
    return body


def _others(client: Any, asked: dict[str, str]) -> tuple[list[Any], list[Any]]:
    told = client.post("/api/v1/metrics/query", _body(asked), format="json").json()
    query = urlencode({("metrics" if key == "metric" else key): value for key, value in asked.items()})
    answer = client.get(f"/api/v1/metrics/export?format=csv&{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    by_csv = [float(row[asked["metric"]]) if row[asked["metric"]] else None for row in rows]
    return [row["metrics"][0]["value"] for row in told["results"]], by_csv


async def test_fifty_random_questions_get_the_same_numbers_through_every_door(
    stage: Stage, cast: Cast, settings: Any
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "5000/minute")
    dice = random.Random(50)
    await in_thread(land_records)(cast.team, _numbers(cast.team, dice), metrics=KINDS)
    browser, client = Client(), await in_thread(api_client_for)(cast.member, cast.team)
    await in_thread(browser.force_login)(cast.member)
    headers = await in_thread(cookie_of)(cast.member)
    async with stage.visit(additional_headers=headers) as page:
        await page.hear("connected")
        for number in range(50):
            asked = _question(dice)
            await page.say(type="query", id=number, query=_body(asked))
            heard = await page.hear("answer")
            assert heard["id"] == number
            by_socket = [row["metrics"][0]["value"] for row in heard["data"]["results"]]
            by_api, by_csv = await in_thread(_others)(client, asked)
            by_page = await in_thread(_from_page)(browser, asked)
            assert by_socket == by_api == by_csv == by_page, asked


async def test_a_question_that_cannot_be_answered_is_told_with_its_number(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.viewer)
    async with stage.visit(additional_headers=headers) as page:
        await page.hear("connected")
        await page.say(type="query", id="q1", query={"metrics": ["nonsense"]})
        heard = await page.hear("error")
        assert heard["id"] == "q1"
        assert "nonsense" in heard["message"]
