"""The pages of numbers, as the server sends them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Role, Team, User
from livinglytics.lib import buckets, clock
from sources.models import Source
from sources.records import Document, MetricPoint, Remark
from tests.metrics.build import land_records

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team.objects.create(slug="north", name="North", time_zone="Europe/Berlin")


@pytest.fixture
def browser(team: Team) -> Client:
    user = User.objects.create_user("ann@example.com", "a long enough one", current_team=team)
    Membership.objects.create(team=team, user=user, role=Role.VIEWER)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def numbers(team: Team) -> Source:
    source = Source.objects.create(team=team, kind="push", name="Shop", slug="shop")
    today = buckets.local_day(clock.now(), team.time_zone)
    records: list[Any] = []
    for ago in range(1, 70):
        day = today - timedelta(days=ago)
        for channel, size in (("organic", 60), ("paid", 40)):
            records.append(MetricPoint("sessions", day, size + ago % 7, {"channel": channel}))
            records.append(MetricPoint("conversions", day, size // 10, {"channel": channel}))
    records.append(Remark(today - timedelta(days=5), "Release 3.1", "release"))
    written = clock.now() - timedelta(days=3)
    text = "Lovely <b>but</b> slow"
    records.append(Document("r1", text, written, rating=0.75, rating_original="4", rating_scale="1-5"))
    land_records(team, records, source=source.pk)
    return source


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_before_the_first_number_the_overview_teaches_the_next_step(browser: Client) -> None:
    page = _text(browser, "/")
    assert "Connect a source" in page
    assert "demo data" in page


def test_the_overview_shows_cards_chart_changes_parts_and_quotes(browser: Client, numbers: Source) -> None:
    page = _text(browser, "/")
    assert page.count('class="tile ') >= 3
    assert "Release 3.1" in page
    assert "Lovely &lt;b&gt;but&lt;/b&gt; slow" in page
    assert "4 of 5" in page
    assert "Sessions by channel" in page
    assert "Europe/Berlin" in page


def test_a_period_before_the_first_numbers_is_no_basis_for_a_change(browser: Client, numbers: Source) -> None:
    page = _text(browser, "/?range=42d")
    assert "no numbers before" in page
    assert "These days can't be compared fairly" in page
    assert "change-good" not in page


def test_a_week_that_the_range_cuts_is_drawn_open_and_says_so(browser: Client, numbers: Source) -> None:
    today = buckets.local_day(clock.now(), "Europe/Berlin")
    monday = buckets.bucket_start(today - timedelta(days=14), "week")
    first, last = monday - timedelta(days=14), monday + timedelta(days=1)
    page = _text(browser, f"/metrics/sessions/?range={first},{last}&grain=week")
    assert "2 of its 7 days lie in the range" in page
    assert "lies only partly in the range" in page
    assert "line-open" in page


def test_the_compared_days_carry_their_own_dates(browser: Client, numbers: Source) -> None:
    today = buckets.local_day(clock.now(), "Europe/Berlin")
    page = _text(browser, "/?range=7d")
    before = today - timedelta(days=14)
    assert f"{before.day} {before:%b}" in page
    assert f'"labels": ["{before:%a} {before.day} {before:%b}' in page.replace('","', '", "').replace('":[', '": [')


def test_the_footer_says_when_and_from_what_the_numbers_were_made(browser: Client, numbers: Source) -> None:
    page = _text(browser, "/")
    assert "data version" in page
    assert "format=parquet" in page
    assert "Europe/Berlin" in page.partition('class="foot"')[2]


def test_the_overview_stays_within_twelve_statements(
    browser: Client, numbers: Source, django_assert_max_num_queries: Any
) -> None:
    browser.get("/")
    with django_assert_max_num_queries(12):
        browser.get("/")


def test_filters_that_leave_nothing_are_named_and_can_be_taken_off(browser: Client, numbers: Source) -> None:
    page = _text(browser, "/?f=channel:is:nowhere")
    assert "No rows where channel is nowhere" in page
    assert "Remove filters" in page


def test_mistakes_in_the_address_are_explained(browser: Client, numbers: Source) -> None:
    page = unescape(_text(browser, "/?range=soon&grain=blink&compare=moon&f=x&hue=red&f=source:is:nobody"))
    for said in ("“soon” can't be read", "“blink” isn't known", "“moon” isn't known", "“hue” isn't something"):
        assert said in page


@pytest.mark.parametrize("compare", ["previous", "year", "none", "2026-01-01,2026-01-28"])
@pytest.mark.parametrize("span", ["7d", "28d", "91d", "month", "12mo", "all", "2026-01-01,2026-02-01"])
def test_every_range_and_comparison_answers(browser: Client, numbers: Source, span: str, compare: str) -> None:
    assert "<html" in _text(browser, f"/?range={span}&compare={compare}")
    assert "<html" in _text(browser, f"/metrics/conversion_rate/?range={span}&compare={compare}&match=date")


def test_a_metric_page_shows_its_definition_and_its_parts(browser: Client, numbers: Source) -> None:
    page = _text(browser, "/metrics/conversion_rate/?by=channel")
    assert "sum of conversions ÷ sum of sessions" in page
    assert "organic" in page
    assert "Shop" in page


def test_a_metric_without_numbers_is_still_defined(browser: Client, numbers: Source) -> None:
    page = _text(browser, "/metrics/reviews.negative_share/?range=7d")
    assert "Negative reviews among rated reviews" in page


def test_an_unknown_metric_is_explained(browser: Client, numbers: Source) -> None:
    answer = browser.get("/metrics/nonsense/")
    assert answer.status_code in (404, 422)
    assert "nonsense" in answer.content.decode()


def test_the_catalog_can_be_searched(browser: Client, numbers: Source) -> None:
    assert "conversion_rate" in _text(browser, "/metrics/?q=per session")
    assert "No metric matches" in _text(browser, "/metrics/?q=zzzz")


def test_the_catalog_shows_what_every_metric_came_to(browser: Client, numbers: Source) -> None:
    row = _text(browser, "/metrics/").partition('<code class="small muted">sessions</code>')[2].partition("</tr>")[0]
    assert re.search(r"<b title=\"[\d\u00a0]+\">[\d.]+k</b>", row)
    assert 'class="spark"' in row


def test_a_member_notes_what_happened_and_takes_it_back(browser: Client, numbers: Source) -> None:
    Membership.objects.update(role=Role.MEMBER)
    day = buckets.local_day(clock.now(), "Europe/Berlin") - timedelta(days=3)
    given = {"day": day.isoformat(), "title": "Prices rose", "next": "/metrics/sessions/?range=28d"}
    answer = browser.post("/notes/", given)
    assert answer["Location"] == "/metrics/sessions/?range=28d"
    page = _text(browser, "/metrics/sessions/?range=28d")
    assert f"Noted on {day:%-d %b %Y}" in page
    found = re.search(r"/notes/[0-9a-f-]{36}/delete/", page)
    assert found is not None
    assert browser.post(found[0], {"next": "https://elsewhere.example/"})["Location"] == "/"
    page = _text(browser, "/metrics/sessions/?range=28d")
    assert "The note is gone: Prices rose" in page
    assert page.count("Prices rose") == 1


def test_a_note_without_words_or_day_is_told(browser: Client, numbers: Source) -> None:
    Membership.objects.update(role=Role.MEMBER)
    browser.post("/notes/", {"day": "soon", "title": "", "next": "/"})
    page = _text(browser, "/")
    assert "Day: Enter a valid date." in page
    assert "What happened: This field is required." in page


def test_a_viewer_cannot_write_notes(browser: Client, numbers: Source) -> None:
    assert "Add a note" not in _text(browser, "/")
    assert browser.post("/notes/", {"day": "2026-01-01", "title": "x"}).status_code == 403


def test_a_note_that_a_source_brought_stays_with_it(browser: Client, numbers: Source) -> None:
    Membership.objects.update(role=Role.MEMBER)
    page = _text(browser, "/")
    assert "Add a note" in page
    assert "/delete/" not in page


def test_the_style_page_is_for_staff(browser: Client) -> None:
    assert browser.get("/style/").status_code == 403
    User.objects.filter(email="ann@example.com").update(is_staff=True)
    assert "The seven states of a tile" in _text(browser, "/style/")


def test_no_page_leads_into_days_that_have_not_begun(browser: Client, numbers: Source) -> None:
    assert 'aria-label="Later"' not in _text(browser, "/")
    assert 'aria-label="Later"' not in _text(browser, "/metrics/sessions/")
    first = buckets.local_day(clock.now(), "Europe/Berlin") - timedelta(days=40)
    past = f"range={first},{first + timedelta(days=6)}"
    assert 'aria-label="Later"' in _text(browser, f"/?{past}")


def test_numbers_that_ended_long_ago_are_shown_and_said(browser: Client, team: Team) -> None:
    Source.objects.create(team=team, kind="upload", name="Old", slug="old")
    first = buckets.local_day(clock.now(), team.time_zone) - timedelta(days=900)
    land_records(team, [MetricPoint("boxes", first + timedelta(days=n), n + 1) for n in range(40)])
    page = _text(browser, "/")
    assert "The newest numbers are of" in page
    assert re.search(r'title="[^"]*"|tile-value', page)


def test_a_stranger_sees_none_of_it(numbers: Source) -> None:
    user = User.objects.create_user("eve@example.com", "a long enough one")
    client = Client()
    client.force_login(user)
    other = Team.objects.create(slug="south", name="South")
    Membership.objects.create(team=other, user=user, role=Role.OWNER)
    assert "Lovely" not in client.get("/").content.decode()
    assert "Connect a source" in client.get("/").content.decode()
