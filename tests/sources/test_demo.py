"""What the demo data promises to everything that is shown, tested or measured with it."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.connectors._base import Batch, Context, connectors
from sources.connectors.demo import Demo, DemoConfig
from sources.demo import WORLDS, events, story
from sources.records import Document, MetricPoint, Record, Remark

NOW = datetime(2026, 3, 18, 13, 30, tzinfo=UTC)
TODAY = date(2026, 3, 18)
STREAMS = tuple(stream.key for stream in Demo.streams)
Tally = dict[date, float]


def context(now: datetime = NOW, zone: str = "UTC") -> Context:
    return Context(
        http=None,  # type: ignore[arg-type]
        now=lambda: now,
        pause=None,
        cancelled=lambda: False,
        files=None,
        base_url=None,
        zone=zone,
    )


def batches(
    stream: str,
    *,
    now: datetime = NOW,
    zone: str = "UTC",
    state: Mapping[str, Any] | None = None,
    anchor: date | None = None,
) -> list[Batch]:
    return list(Demo().read(context(now, zone), DemoConfig(anchor), stream, dict(state or {})))


def payloads(pages: Iterable[Batch]) -> dict[str, Any]:
    return {raw.external_id: raw.payload for page in pages for raw in page.raws}


def mapped(stream: str, pages: Iterable[Batch]) -> list[Record]:
    return [one for payload in payloads(pages).values() for one in Demo().map(stream, payload, DemoConfig())]


@cache
def year(stream: str, now: datetime = NOW) -> tuple[Record, ...]:
    return tuple(mapped(stream, batches(stream, now=now)))


def points(stream: str, metric: str) -> list[MetricPoint]:
    return [one for one in year(stream) if isinstance(one, MetricPoint) and one.metric == metric]


def reviews(now: datetime = NOW) -> list[Document]:
    return [one for one in year("voice", now) if isinstance(one, Document)]


def daily(metric: str, stream: str = "business", now: datetime = NOW) -> Tally:
    """Totals of the closed days."""
    tally: Tally = defaultdict(float)
    for one in year(stream, now):
        if isinstance(one, MetricPoint) and one.metric == metric and one.at < now.date():  # type: ignore[operator]
            tally[one.at] += one.value  # type: ignore[index]
    return dict(sorted(tally.items()))


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def mean_of(tally: Tally, newest: int, oldest: int) -> float:
    """The mean over whole weeks, from ``oldest`` to ``newest`` days ago."""
    return statistics.mean(tally.get(ago(one), 0.0) for one in range(newest, oldest + 1))


def negative_share(now: datetime = NOW) -> Tally:
    said: dict[date, list[bool]] = defaultdict(list)
    for one in reviews(now):
        assert one.rating is not None
        said[one.created_at.date()].append(one.rating < 0.5)
    return {day: statistics.mean(votes) for day, votes in said.items() if day < now.date()}


def without_weekdays(tally: Tally) -> Tally:
    by_weekday: dict[int, list[float]] = defaultdict(list)
    for day, value in tally.items():
        by_weekday[day.weekday()].append(value)
    usual = {weekday: statistics.mean(values) for weekday, values in by_weekday.items()}
    return {day: value - usual[day.weekday()] for day, value in tally.items()}


def pearson(lead: Tally, follow: Tally, lag: int) -> float:
    left, right = without_weekdays(lead), without_weekdays(follow)
    pairs = [(left[day], right[day + timedelta(lag)]) for day in left if day + timedelta(lag) in right]
    return statistics.correlation([one for one, _ in pairs], [other for _, other in pairs])


# ------------------------------------------------------------------ the same every time


@pytest.mark.parametrize("stream", STREAMS)
def test_two_first_syncs_of_the_same_moment_are_equal(stream: str) -> None:
    assert batches(stream) == batches(stream)


@pytest.mark.parametrize("stream", STREAMS)
def test_replaying_stored_json_gives_equal_records(stream: str) -> None:
    pages = batches(stream)
    stored = json.loads(json.dumps(payloads(pages)))
    assert stored == payloads(pages)
    replayed = [one for payload in stored.values() for one in Demo().map(stream, payload, DemoConfig())]
    assert replayed == mapped(stream, pages)


@pytest.mark.parametrize("stream", STREAMS)
def test_history_stays_as_it_was_when_days_pass(stream: str) -> None:
    first = batches(stream)
    later = batches(stream, now=NOW + timedelta(days=40), state=first[-1].state)
    fresh = batches(stream, now=NOW + timedelta(days=40), anchor=TODAY)
    before, after, whole = payloads(first), payloads(later), payloads(fresh)
    today = f"{stream}:{TODAY}"
    assert {key: whole[key] for key in before if key != today} == {k: v for k, v in before.items() if k != today}
    assert {key: whole[key] for key in after} == after


@pytest.mark.parametrize("stream", STREAMS)
def test_only_planted_events_depend_on_the_anchor(stream: str) -> None:
    quiet = ago(300)
    key = f"{stream}:{quiet}"
    assert payloads(batches(stream))[key] == payloads(batches(stream, anchor=TODAY + timedelta(days=20)))[key]


def test_a_demo_never_changes_by_accident() -> None:
    """A change here changes what every demo shows. The slack is for rounding of other C libraries."""
    assert len(daily("sessions")) == 365
    assert daily("sessions")[ago(300)] == pytest.approx(2_814, abs=2)
    assert sum(daily("sessions").values()) == pytest.approx(1_034_914, rel=1e-4)
    assert sum(daily("commits", "engineering").values()) == pytest.approx(6_620, rel=1e-3)
    assert sum(daily("api_errors", "api").values()) == pytest.approx(133_573, rel=1e-3)
    assert len(reviews()) == pytest.approx(2_502, abs=3)


# ------------------------------------------------------------------ reading


@pytest.mark.parametrize("stream", STREAMS)
def test_a_first_sync_reads_a_year_and_today_in_pages_of_thirty_days(stream: str) -> None:
    pages = batches(stream)
    daily = [[raw for raw in page.raws if not raw.external_id.startswith("event:")] for page in pages]
    days = [raw.external_id.removeprefix(f"{stream}:") for page in daily for raw in page]
    assert days == [ago(one).isoformat() for one in range(365, -1, -1)]
    assert [len(page) for page in daily] == [30] * 12 + [6]
    assert [page.progress.done for page in pages if page.progress] == [*range(30, 361, 30), 366]
    assert pages[-1].state == {"through": TODAY.isoformat(), "anchor": TODAY.isoformat()}


def test_a_later_sync_reads_three_days_and_today_again() -> None:
    state = batches("business")[-1].state
    for days in (0, 1, 3):
        now = NOW + timedelta(days=days)
        again = payloads(batches("business", now=now, state=state))
        assert [*again] == [f"business:{now.date() - timedelta(days=one)}" for one in (3, 2, 1, 0)]


def test_after_a_long_pause_no_day_is_missing() -> None:
    state = batches("business")[-1].state
    again = payloads(batches("business", now=NOW + timedelta(days=45), state=state))
    assert next(iter(again)) == f"business:{TODAY}"
    assert len(again) == 46


def test_a_sync_that_stopped_after_a_page_goes_on_with_the_same_anchor() -> None:
    whole = batches("business")
    rest = batches("business", now=NOW + timedelta(days=1), state=whole[4].state)
    assert rest[-1].state == {"through": (TODAY + timedelta(days=1)).isoformat(), "anchor": TODAY.isoformat()}
    joined = payloads(whole[:5]) | payloads(rest)
    assert [one for one in joined if not one.startswith("event:")] == [
        f"business:{TODAY + timedelta(days=one)}" for one in range(-365, 2)
    ]


def test_the_planted_events_are_remarked_on_their_days() -> None:
    told = {(one.day, one.title) for one in year("business") if isinstance(one, Remark)}
    assert told == {(one.day, one.title) for one in events(TODAY)}


@pytest.mark.parametrize("stream", ["business", "engineering", "api"])
def test_every_closed_day_is_promised_complete_and_today_is_not(stream: str) -> None:
    promised: list[date] = []
    for page in batches(stream):
        for one in page.complete:
            assert set(one.metrics) == set(WORLDS[stream].metrics)
            promised += [one.first + timedelta(days=n) for n in range((one.last - one.first).days + 1)]
    assert promised == [ago(one) for one in range(365, 0, -1)]


def test_today_grows_with_the_hours_and_ends_as_the_closed_day() -> None:
    hours = [datetime(2026, 3, 18, hour, 59, tzinfo=UTC) for hour in (0, 6, 12, 18, 23)]
    sums = []
    for now in [*hours, NOW + timedelta(days=1)]:
        key = f"business:{TODAY}"
        payload = payloads(batches("business", now=now, anchor=TODAY))[key]
        sums.append(sum(payload["counts"]["sessions"].values()))
    assert sums == sorted(sums)
    assert sums[0] < sums[-1] * 0.05
    assert sums[-1] * 0.35 < sums[2] < sums[-1] * 0.65


@pytest.mark.parametrize("stream", ["voice", "api"])
def test_nothing_of_today_lies_in_the_future(stream: str) -> None:
    for one in mapped(stream, batches(stream)[-1:]):
        at = one.created_at if isinstance(one, Document) else getattr(one, "at", None)
        assert not isinstance(at, datetime) or at <= NOW


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu"])
def test_instants_fall_on_the_local_day_they_are_told_for(zone: str) -> None:
    place = ZoneInfo(zone)
    for stream in ("voice", "api"):
        for key, payload in payloads(batches(stream, zone=zone)).items():
            day = date.fromisoformat(key.partition(":")[2])
            for one in Demo().map(stream, payload, DemoConfig()):
                at = one.created_at if isinstance(one, Document) else getattr(one, "at", None)
                assert not isinstance(at, datetime) or at.astimezone(place).date() == day


def test_the_whole_year_takes_less_than_five_seconds_of_one_core() -> None:
    start = time.process_time()
    total = sum(len(mapped(stream, batches(stream))) for stream in STREAMS)
    assert time.process_time() - start < 5
    assert 60_000 < total <= 120_000


# ------------------------------------------------------------------ the records


@pytest.mark.parametrize("stream", ["business", "engineering", "api"])
def test_no_two_points_share_metric_moment_and_dimensions(stream: str) -> None:
    seen = Counter(
        (one.metric, one.at, frozenset(one.dimensions.items())) for one in year(stream) if isinstance(one, MetricPoint)
    )
    assert [key for key, times in seen.items() if times > 1] == []


@pytest.mark.parametrize("stream", ["business", "engineering", "api"])
def test_every_point_of_a_metric_carries_the_same_dimension_names(stream: str) -> None:
    names: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for one in (one for one in year(stream) if not isinstance(one, Remark)):
        assert isinstance(one, MetricPoint)
        assert all(one.dimensions.values())
        names[one.metric].add(tuple(one.dimensions))
    assert {metric for metric, found in names.items() if len(found) != 1} == set()


def test_sessions_and_conversions_come_by_channel_and_device() -> None:
    for metric in ("sessions", "conversions"):
        found = points("business", metric)
        assert {one.dimensions["channel"] for one in found} == {"organic", "direct", "paid", "social", "referral"}
        assert {one.dimensions["device"] for one in found} == {"desktop", "mobile", "tablet"}


def test_every_metric_that_is_made_is_declared_and_the_other_way_round() -> None:
    made = {one.metric for stream in STREAMS for one in year(stream) if isinstance(one, MetricPoint)}
    declared = {one.key: one for one in Demo.metrics}
    assert len(declared) == len(Demo.metrics)
    assert made == {key for key, one in declared.items() if one.kind != "ratio"}
    for one in declared.values():
        assert (one.parts is not None) == (one.kind == "ratio")
        assert set(one.parts or ()) <= made
        assert one.label
        assert one.description


def test_both_parts_of_a_ratio_break_down_alike() -> None:
    names = {
        one.metric: tuple(one.dimensions) for stream in STREAMS for one in year(stream) if isinstance(one, MetricPoint)
    }
    for one in Demo.metrics:
        if one.parts and one.key not in ("engagement_rate", "cost_per_conversion"):
            assert names[one.parts[0]] == names[one.parts[1]]


@pytest.mark.parametrize(
    ("part", "whole", "stream"),
    [
        ("bounces", "sessions", "business"),
        ("conversions", "sessions", "business"),
        ("users", "sessions", "business"),
        ("ai_accepted", "ai_suggestions", "engineering"),
        ("ai_errors", "ai_sessions", "engineering"),
        ("ai_policy_sessions", "ai_sessions", "engineering"),
        ("prs_reopened", "prs_merged", "engineering"),
        ("api_errors", "api_calls", "api"),
    ],
)
def test_a_part_is_never_more_than_its_whole(part: str, whole: str, stream: str) -> None:
    wholes, names = {(one.at, *one.dimensions.values()): one.value for one in points(stream, whole)}, ()
    for one in points(stream, part):
        names = tuple(one.dimensions.values())
        top = wholes[(one.at, *names)] if names else sum(v for k, v in wholes.items() if k[0] == one.at)
        assert 0 < one.value <= top


def test_means_carry_their_total_and_their_count() -> None:
    merged = {(one.at, one.dimensions["developer"]): one.value for one in points("engineering", "prs_merged")}
    for one in points("engineering", "pr_merge_hours"):
        assert one.n == merged[(one.at, one.dimensions["developer"])]
    calls = {(one.at, one.dimensions["endpoint"]): one.value for one in points("api", "api_calls")}
    for one in points("api", "api_latency_ms"):
        assert one.n == calls[(one.at, one.dimensions["endpoint"])]
        assert 20 < one.value / one.n < 20_000


def test_the_percentile_has_the_same_sample_every_closed_day() -> None:
    per_day = Counter(one.at.date() for one in points("api", "api_latency_p95") if isinstance(one.at, datetime))
    assert {per_day[ago(one)] for one in range(1, 366)} == {72}


def test_the_nine_engineering_figures_have_believable_values() -> None:
    total = {
        metric: sum(one.value for one in points("engineering", metric)) for metric in WORLDS["engineering"].metrics
    }
    parts = {one.key: one.parts for one in Demo.metrics if one.parts}
    between = {
        "ai_velocity": (4, 6),
        "acceptance_rate": (0.25, 0.40),
        "model_selection_accuracy": (0.85, 0.99),
        "ai_error_rate": (0.01, 0.05),
        "token_efficiency": (30, 55),
        "commit_frequency": (3, 7),
        "rework_rate": (0.08, 0.22),
    }
    for key, (low, high) in between.items():
        top, bottom = parts[key]
        assert low < total[top] / total[bottom] < high, key
    assert 3 < total["prs_merged"] / 365 < 7
    assert 12 < total["pr_merge_hours"] / total["prs_merged"] < 30


# ------------------------------------------------------------------ patterns


def test_weekdays_are_visible() -> None:
    for metric, stream, at_most in (
        ("sessions", "business", 0.8),
        ("commits", "engineering", 0.1),
        ("api_calls", "api", 0.8),
    ):
        tally = daily(metric, stream)
        weekend = statistics.mean(v for day, v in tally.items() if day.weekday() > 4)
        week = statistics.mean(v for day, v in tally.items() if day.weekday() < 5)
        assert weekend < week * at_most


def test_the_year_grows_and_christmas_is_quiet() -> None:
    sessions = daily("sessions")
    assert mean_of(sessions, 1, 28) > mean_of(sessions, 337, 364) * 1.2
    quiet = statistics.mean(sessions[date(2025, 12, day)] for day in (24, 25, 26))
    assert quiet < statistics.mean(sessions[date(2025, 12, day)] for day in (10, 11, 12)) * 0.8


def test_followers_grow_and_are_known_each_day() -> None:
    followers = daily("ig_followers")
    assert len(followers) == 365
    assert followers[ago(1)] > followers[ago(365)] * 1.15


def test_the_outage_shows_in_every_world() -> None:
    down, before = (110, 109), (124, 111)
    for metric, stream, factor in (("sessions", "business", 0.55), ("conversions", "business", 0.4)):
        tally = daily(metric, stream)
        assert max(tally[ago(one)] for one in down) < mean_of(tally, before[1], before[0]) * factor
    errors = daily("api_errors", "api")
    assert min(errors[ago(one)] for one in down) > mean_of(errors, before[1], before[0]) * 4
    shares = negative_share()
    assert statistics.mean(shares[ago(one)] for one in (110, 109, 108)) > 0.5
    texts = " ".join(one.text.lower() for one in reviews() if one.created_at.date() in {ago(110), ago(109), ago(108)})
    assert sum(texts.count(word) for word in ("crash", "down", "error", "sign in", "outage")) >= 5


def test_the_checkout_bug_hits_conversions_but_not_sessions() -> None:
    def rate(newest: int, oldest: int) -> float:
        return mean_of(daily("conversions"), newest, oldest) / mean_of(daily("sessions"), newest, oldest)

    assert rate(33, 35) < rate(36, 56) * 0.75
    assert mean_of(daily("revenue"), 33, 35) < mean_of(daily("revenue"), 36, 49) * 0.8
    assert mean_of(daily("sessions"), 33, 35) > mean_of(daily("sessions"), 36, 56) * 0.8
    texts = " ".join(one.text.lower() for one in reviews() if one.created_at.date() in {ago(n) for n in (35, 34, 33)})
    assert "payment" in texts or "checkout" in texts or "card" in texts


def test_the_release_lifts_merges_before_and_sessions_after_and_changes_the_talk() -> None:
    merged, sessions = daily("prs_merged", "engineering"), daily("sessions")
    assert mean_of(merged, 61, 69) > mean_of(merged, 71, 105) * 1.4
    assert mean_of(sessions, 46, 59) > mean_of(sessions, 61, 74) * 1.1
    old = [one for one in reviews() if one.created_at.date() < ago(60)]
    new = [one for one in reviews() if one.created_at.date() >= ago(60)]
    assert not [one for one in old if "new editor" in one.text.lower()]
    assert sum("2.0" in one.text or "editor" in one.text.lower() for one in new) > len(new) * 0.08


def test_events_keep_their_distance_to_the_anchor() -> None:
    found = events(TODAY)
    assert [(one.day, one.kind) for one in found] == [
        (ago(110), "incident"),
        (ago(60), "release"),
        (ago(35), "incident"),
    ]
    assert [one.until for one in found] == [ago(109), ago(60), ago(33)]


@pytest.mark.parametrize("now", [NOW, datetime(2025, 11, 22, 9, tzinfo=UTC), datetime(2027, 7, 1, 23, tzinfo=UTC)])
def test_negative_reviews_lead_conversions_by_three_days_and_by_no_other_lag(now: datetime) -> None:
    share, conversions = negative_share(now), daily("conversions", now=now)
    found = {lag: pearson(share, conversions, lag) for lag in range(8)}
    assert -0.70 < found[3] < -0.38
    assert max(abs(r) for lag, r in found.items() if lag != 3) < 0.25


# ------------------------------------------------------------------ the voice


def test_reviews_are_varied() -> None:
    texts = [one.text for one in reviews()]
    assert len(set(texts)) >= 0.85 * len(texts)
    words = sorted(len(text.split()) for text in texts)
    assert words[len(words) // 10] <= 7
    assert words[-len(words) // 10] >= 30


def test_no_text_has_an_unfilled_slot_or_a_blank() -> None:
    for one in reviews():
        assert one.text.strip() == one.text != ""
        assert not set("{}") & set(one.text + one.title)


def test_reviews_have_languages_platforms_and_scales() -> None:
    found = reviews()
    languages = Counter(one.language for one in found)
    assert set(languages) == {"en", "es", "de"}
    assert languages["en"] > 0.8 * len(found)
    assert {one.extra["platform"] for one in found} == {"steam", "google", "trustpilot"}
    for one in found:
        scale = "thumbs" if one.extra["platform"] == "steam" else "1-5"
        assert one.rating_scale == scale
        shown = {"down": 0.0, "up": 1.0, "1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0}
        assert one.rating == shown[one.rating_original]
    assert len({one.external_id for one in found}) == len(found)


def test_the_words_agree_with_the_rating() -> None:
    praise = {"love", "great", "happy", "recommended", "excellent", "perfect", "superb", "brilliant", "delightful"}
    blame = {"terrible", "useless", "awful", "waste", "broken", "disappointed", "frustrating", "avoid", "regret"}

    def share(words: set[str], low: float, high: float) -> float:
        texts = [one.text.lower() for one in reviews() if one.language == "en" and low <= (one.rating or 0.0) <= high]
        return statistics.mean(any(word in text for word in words) for text in texts)

    assert share(praise, 0.75, 1.0) > 4 * share(praise, 0.0, 0.25)
    assert share(blame, 0.0, 0.25) > 4 * share(blame, 0.75, 1.0)


# ------------------------------------------------------------------ the door


def test_the_demo_is_registered_and_needs_nothing() -> None:
    demo = connectors.get("demo")
    assert (demo.label, demo.category, demo.connect) == ("Demo data", "demo", "click")
    assert demo.every == timedelta(days=1)
    assert demo.check(context(), DemoConfig()).ok


def test_the_story_says_that_it_is_made_up() -> None:
    assert "made up" in story()
    assert "None of them are about a real company" in story()
