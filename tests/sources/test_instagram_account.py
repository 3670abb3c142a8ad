"""Instagram's numbers of an account, day by day, against a local Graph API with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from livinglytics.lib.errors import Terminal
from sources.connectors._base import State, connectors
from sources.connectors.instagram import Instagram
from sources.connectors.instagram.declared import METRICS, OF_POSTS, OF_STORIES, QUESTIONS
from tests.fakes.instagram import InstagramFake
from tests.fakes.instagram_refusals import IG
from tests.sources.instagram_reading import NOW, Signed, reading
from tests.sources.reading import CrashedError

#: the last whole day in Los Angeles
LAST = date(2026, 11, 17)
DAILY = {
    "reach": "reach",
    "views": "views",
    "accounts_engaged": "accounts_engaged",
    "interactions": "total_interactions",
    "link_taps": "profile_links_taps",
    "new_followers": "follower_count",
}


@pytest.fixture
def fake() -> Iterator[InstagramFake]:
    with InstagramFake(posts=1) as running:
        yield running


@pytest.fixture
def reader(fake: InstagramFake) -> Signed:
    return reading(fake)


def expected(fake: InstagramFake, first: date, last: date = LAST) -> dict[tuple[str, ...], float]:
    """What Instagram counts for these days, under our names."""
    found: dict[tuple[str, ...], float] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        found |= {(ours, str(day)): fake.number(theirs, day) for ours, theirs in DAILY.items()}
        follows = fake.number("follows_and_unfollows", day)
        found |= {("follows", str(day)): follows, ("unfollows", str(day)): follows // 3}
    return found


def asked(fake: InstagramFake) -> list[dict[str, str]]:
    return [dict(one.query) for one in fake.seen if one.path.endswith(f"{IG}/insights")]


# -- reading days ------------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("instagram"), Instagram)


def test_every_number_that_is_read_is_declared_with_a_direction_and_how_long_it_may_move() -> None:
    known = {one.key: one for one in METRICS}
    daily = {key for question in QUESTIONS for key in question.metrics.values()}
    assert daily | set(OF_POSTS.values()) | set(OF_STORIES.values()) <= set(known)
    assert all(known[key].settle == timedelta(hours=48) for key in daily)
    assert known["instagram.unfollows"].direction == "down"
    assert {known[key].kind for key in ("instagram.reach", "instagram.accounts_engaged")} == {"distinct"}


def test_a_first_run_reads_the_last_thirty_whole_days(reader: Signed, fake: InstagramFake) -> None:
    batches = reader.run("account")
    assert reader.numbers("account") == expected(fake, LAST - timedelta(days=29))
    assert [one.progress.done for one in batches if one.progress] == list(range(1, 31))
    assert len(asked(fake)) == 90


def test_each_day_is_promised_whole_so_that_a_correction_replaces_it(reader: Signed) -> None:
    batch = reader.run("account")[-1]
    (promise,) = batch.complete
    assert (promise.first, promise.last) == (LAST, LAST)
    assert set(promise.metrics) == {f"instagram.{name}" for name in (*DAILY, "follows", "unfollows")}


def test_days_begin_and_end_at_midnight_pacific_also_when_the_clock_changes(
    reader: Signed, fake: InstagramFake
) -> None:
    reader.with_(since=date(2026, 11, 1)).run("account")
    spans = [(int(one["since"]), int(one["until"])) for one in asked(fake)[::3]]
    assert spans[0] == (1_793_516_400, 1_793_516_400 + 25 * 3_600)
    assert {end - start for start, end in spans[1:]} == {86_400}
    assert all(end == start for (_, end), (start, _) in pairwise(spans))


def test_totals_are_asked_for_one_day_each_and_new_followers_as_a_series(reader: Signed, fake: InstagramFake) -> None:
    reader.run("account")
    totals, follows, series = asked(fake)[-3:]
    assert totals["metric_type"] == follows["metric_type"] == "total_value"
    assert follows["breakdown"] == "follow_type"
    assert (series["metric"], series["metric_type"], series["period"]) == ("follower_count", "time_series", "day")


def test_new_followers_are_asked_for_only_as_far_back_as_instagram_tells_them(
    reader: Signed, fake: InstagramFake
) -> None:
    reader = reader.with_(since=LAST - timedelta(days=60))
    reader.run("account")
    found = {day for name, day in reader.numbers("account") if name == "new_followers"}
    assert (min(found), len(found)) == (str(LAST - timedelta(days=29)), 30)
    assert not reader.warnings


def test_days_older_than_two_years_are_left_out_and_told(reader: Signed) -> None:
    reader.window = (date(2024, 11, 1), date(2024, 11, 22))
    reader.run("account")
    assert min(day for _, day in reader.numbers("account")) == "2024-11-18"
    assert any("two years" in text for text in reader.warnings)


def test_some_days_can_be_read_alone(reader: Signed, fake: InstagramFake) -> None:
    reader.window = (date(2026, 3, 6), date(2026, 3, 12))
    reader.run("account")
    want = expected(fake, date(2026, 3, 6), date(2026, 3, 12))
    assert reader.numbers("account") == {key: value for key, value in want.items() if key[0] != "new_followers"}


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_reads_the_last_three_days_again_and_changes_nothing(reader: Signed, fake: InstagramFake) -> None:
    reader.run("account")
    before, state = dict(reader.rows), dict(reader.state)
    fake.reset_counts()
    reader.run("account")
    assert (len(asked(fake)), reader.rows, reader.state) == (9, before, state)


def test_a_day_that_instagram_corrects_is_corrected_here(reader: Signed, fake: InstagramFake) -> None:
    reader.run("account")
    fake.more[LAST - timedelta(days=2), "views"] = 7
    reader.now = NOW + timedelta(days=1)
    reader.run("account")
    assert reader.numbers("account")["views", str(LAST - timedelta(days=1))] != 7
    reader.state = {**reader.state, "through": str(LAST)}
    reader.now = NOW
    reader.run("account")
    assert reader.numbers("account")["views", str(LAST - timedelta(days=2))] == 7


def test_a_day_without_anything_yet_is_missing_and_promised_to_nobody(reader: Signed, fake: InstagramFake) -> None:
    fake.quiet = {LAST}
    batch = reader.run("account")[-1]
    assert (batch.raws, batch.complete) == ((), ())
    fake.quiet = set()
    reader.run("account")
    assert reader.numbers("account")["views", str(LAST)] == fake.number("views", LAST)


@pytest.mark.parametrize("die_after", [0, 1, 7, 29])
def test_a_run_that_was_killed_goes_on_to_the_same_rows(reader: Signed, fake: InstagramFake, die_after: int) -> None:
    whole = reading(fake)
    whole.run("account")
    with pytest.raises(CrashedError):
        reader.run("account", die_after=die_after)
    fake.reset_counts()
    reader.run("account")
    assert (reader.rows, reader.state) == (whole.rows, whole.state)
    assert len(asked(fake)) == 90 - 3 * die_after


def test_a_day_from_the_future_is_set_to_yesterday_and_told(reader: Signed) -> None:
    reader.run("account")
    reader.state = {**reader.state, "through": "2031-01-01"}
    reader.run("account")
    assert any("future" in text for text in reader.warnings)
    assert reader.state["through"] == str(LAST)


@pytest.mark.parametrize(
    "old", [{"v": 0, "through": str(LAST)}, {"v": 1, "scope": ["1", ""], "through": str(LAST)}, {"through": 5}]
)
def test_a_state_of_another_version_or_account_starts_from_nothing(reader: Signed, old: State) -> None:
    reader.state = old
    assert len(reader.run("account")) == 30


def test_another_first_day_reads_from_there(reader: Signed) -> None:
    reader.run("account")
    earlier = reader.with_(since=LAST - timedelta(days=39))
    earlier.state = reader.state
    assert len(earlier.run("account")) == 40


def test_a_first_day_that_is_still_to_come_reads_nothing(reader: Signed, fake: InstagramFake) -> None:
    later = reader.with_(since=LAST + timedelta(days=9))
    assert later.run("account") == []
    assert not asked(fake)


# -- what an account does not have ---------------------------------------------------------


def test_a_metric_that_the_account_does_not_have_leaves_the_others_standing(
    reader: Signed, fake: InstagramFake
) -> None:
    fake.lacking = {"profile_links_taps", "follower_count"}
    reader.run("account")
    want = expected(fake, LAST - timedelta(days=29))
    left = {key: value for key, value in want.items() if key[0] not in ("link_taps", "new_followers")}
    assert reader.numbers("account") == left
    assert len([text for text in reader.warnings if "profile_links_taps" in text]) == 1
    assert all("instagram.link_taps" not in one.metrics for batch in reader.batches for one in batch.complete)


def test_what_the_account_does_not_have_is_asked_for_again_after_a_month(reader: Signed, fake: InstagramFake) -> None:
    fake.lacking = {"profile_links_taps"}
    reader.run("account")
    fake.lacking = set()
    fake.reset_counts()
    reader.run("account")
    assert not [one for one in asked(fake) if "profile_links_taps" in one["metric"]]
    reader.now = NOW + timedelta(days=31)
    reader.run("account")
    assert ("link_taps", str(LAST + timedelta(days=31))) in reader.numbers("account")


def test_below_a_hundred_followers_follows_are_missing_not_zero(reader: Signed, fake: InstagramFake) -> None:
    fake.followers = 99
    reader.run("account")
    assert {name for name, _ in reader.numbers("account")} == set(DAILY) - {"new_followers"}
    assert all("follow" not in one["metric"] for one in asked(fake))
    assert [text for text in reader.warnings if "100 followers" in text]


def test_a_number_that_can_not_be_read_is_put_aside_and_the_rest_of_the_day_stays(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fake.number
    monkeypatch.setattr(fake, "number", lambda name, day: usual(name, day) if name != "views" else 0)
    good = fake._metric

    def spoiled(name: str, *rest: Any) -> dict[str, Any] | None:
        row = good(name, *rest)
        return {**row, "total_value": {"value": "many"}} if row and name == "views" else row

    monkeypatch.setattr(fake, "_metric", spoiled)
    batch = reader.run("account")[-1]
    assert [one.external_id for one in batch.rejected] == [str(LAST)]
    assert "instagram.reach" in batch.complete[0].metrics
    assert "instagram.views" not in batch.complete[0].metrics


def test_an_interaction_that_was_taken_back_may_make_a_day_negative(reader: Signed, fake: InstagramFake) -> None:
    fake.more[LAST, "total_interactions"] = -3
    reader.run("account")
    assert reader.numbers("account")["interactions", str(LAST)] == -3


def test_an_answer_of_another_shape_is_never_a_success(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "_insights_of_account", lambda query: {"insights": []})
    with pytest.raises(Terminal, match="no list of insights"):
        reader.run("account")


# -- followers ---------------------------------------------------------------------------


def test_followers_and_posts_are_one_reading_a_day_of_the_team(reader: Signed, fake: InstagramFake) -> None:
    reader.zone = "Pacific/Kiritimati"
    reader.one("followers")
    assert reader.numbers("followers") == {("followers", "2026-11-19"): 1_204, ("media", "2026-11-19"): 1}
    fake.followers = 1_210
    reader.one("followers")
    assert reader.numbers("followers")["followers", "2026-11-19"] == 1_210
    assert len(reader.rows) == 1


def test_a_count_that_instagram_leaves_out_is_missing(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "_profile", lambda node: {"id": node, "username": "harbor.cafe"})
    reader.one("followers")
    assert reader.numbers("followers") == {}
