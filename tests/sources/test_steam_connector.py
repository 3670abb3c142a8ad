"""The Steam connector against a local Steam, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import BadAnswer, Invalid, NotFound, RateLimited, Terminal, Transient
from livinglytics.lib.http import Client, Limits
from sources.actions.checking import asked
from sources.connectors._base import Batch, Context, Raw, State, connectors
from sources.connectors.steam import Steam, SteamConfig
from sources.connectors.steam.text import app_id, languages, plain
from sources.records import Document, MetricPoint
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, limited, slow
from tests.fakes.steam import DETAILS, LANGUAGES, REVIEWS, SteamFake

NOW = 1_795_100_000
DAY = 86_400
GAME = SteamConfig("620")
STEAM = Steam()


class CrashedError(Exception):
    """The worker was killed."""


@dataclass
class Reader:
    """A runner in miniature: stores pages and checkpoints together, and can be killed."""

    fake: SteamFake
    config: SteamConfig = GAME
    now: int = NOW
    tries: int = 3
    state: State = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    #: seconds until an answer counts as missing: so many that a busy machine is not taken for a silent service
    patience: float = 5.0

    def context(self) -> Context:
        limits = Limits(connect=self.patience, read=self.patience, total=6 * self.patience, tries=self.tries)
        http = Client(limits=limits, allow_private=frozenset({self.fake.host}), wait=self.pauses.append)
        return Context(
            http=http,
            now=lambda: datetime.fromtimestamp(self.now, UTC),
            pause=self.pauses.append,
            cancelled=lambda: False,
            files=None,
            base_url=lambda default: self.fake.url,
        )

    def run(self, stream: str = "reviews", *, die_after: int | None = None) -> list[Batch]:
        """Read to the end, or be killed once ``die_after`` pages are stored."""
        self.batches = []
        for batch in STEAM.read(self.context(), self.config, stream, self.state):
            if len(self.batches) == die_after:
                raise CrashedError
            self.batches.append(batch)
            self.rows |= {raw.external_id: raw.payload for raw in batch.raws}
            if batch.state is not None:
                self.state = batch.state
        return self.batches

    @property
    def times(self) -> dict[str, int]:
        return {key: row["timestamp_updated"] for key, row in self.rows.items()}


def truth(fake: SteamFake) -> dict[str, int]:
    return {key: one.updated for key, one in fake.everything().items()}


@pytest.fixture
def fake() -> Iterator[SteamFake]:
    with SteamFake(reviews=250) as running:
        yield running


@pytest.fixture
def reader(fake: SteamFake) -> Reader:
    return Reader(fake)


# -- reading everything ------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("steam"), Steam)


def test_all_reviews_of_all_languages_and_sellers_come_page_by_page(reader: Reader, fake: SteamFake) -> None:
    batches = reader.run()
    assert reader.times == truth(fake)
    assert [len(batch.raws) for batch in batches] == [100, 100, 50, 0]
    assert {row["language"] for row in reader.rows.values()} == set(LANGUAGES)
    assert {row["steam_purchase"] for row in reader.rows.values()} == {True, False}


def test_progress_counts_towards_the_total_that_steam_announces(reader: Reader) -> None:
    told = [batch.progress for batch in reader.run()]
    assert [(one.done, one.total, one.unit) for one in told if one] == [
        (100, 250, "reviews"), (200, 250, "reviews"), (250, 250, "reviews"), (250, 250, "reviews"),
    ]  # fmt: skip


def test_the_cursor_reaches_steam_unharmed_although_it_holds_plus_slash_and_equals(
    reader: Reader, fake: SteamFake
) -> None:
    reader.run()
    sent = [request.query["input_json"] for request in fake.seen]
    assert all("AoJ4+/" in question and "==" in question for question in sent[1:])


def test_only_the_last_page_promotes_the_cursor(reader: Reader, fake: SteamFake) -> None:
    *pages, last = reader.run()
    newest = max(truth(fake).values())
    assert {page.state["cursor"] for page in pages if page.state} == {None}
    assert {page.state["signpost"] for page in pages if page.state} == {newest}
    assert last.state is not None
    assert last.state["cursor"] == newest
    assert "page" not in last.state


def test_a_last_page_that_comes_again_and_again_ends_the_pass(reader: Reader, fake: SteamFake) -> None:
    fake.loops = True
    reader.run()
    assert reader.times == truth(fake)
    assert fake.requests <= 5
    assert "page" not in reader.state


def test_a_game_without_reviews_is_read_to_its_end_at_once() -> None:
    with SteamFake(reviews=0) as empty:
        reader = Reader(empty)
        reader.run()
        assert reader.rows == {}
        assert empty.requests == 1


def test_only_the_chosen_languages_are_read(fake: SteamFake) -> None:
    reader = Reader(fake, SteamConfig("620", languages=("de", "french")))
    reader.run()
    wanted = {key for key, one in fake.everything().items() if one.language in ("german", "french")}
    assert set(reader.rows) == wanted


def test_nothing_older_than_the_first_wanted_day_is_kept(fake: SteamFake) -> None:
    since = date(2026, 10, 20)
    reader = Reader(fake, SteamConfig("620", since=since))
    reader.run()
    start = datetime(2026, 10, 20, tzinfo=UTC).timestamp()
    assert reader.times == {key: at for key, at in truth(fake).items() if at >= start}
    assert 0 < len(reader.rows) < 250


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_reads_at_most_two_pages_and_changes_nothing(reader: Reader, fake: SteamFake) -> None:
    reader.run()
    before = dict(reader.rows)
    fake.reset_counts()
    reader.run()
    assert fake.requests <= 2
    assert reader.rows == before


def test_a_second_run_does_not_pretend_to_know_how_much_is_left(reader: Reader) -> None:
    reader.run()
    assert {batch.progress.total for batch in reader.run() if batch.progress} == {None}


def test_new_and_edited_reviews_arrive_with_the_second_run(reader: Reader, fake: SteamFake) -> None:
    reader.run()
    oldest = min(reader.times, key=lambda key: reader.times[key])
    fake.edit(oldest, at=NOW + 100, text="I changed my mind.", up=False, answer="Thank you, [b]noted[/b].")
    added = fake.add("Fresh.", at=NOW + 200)
    fake.reset_counts()
    reader.now = NOW + 1000
    reader.run()
    assert fake.requests <= 2
    assert reader.times == truth(fake)
    assert reader.rows[oldest]["review"] == "I changed my mind."
    assert reader.rows[added]["review"] == "Fresh."


def test_a_change_that_steam_showed_late_is_caught_by_the_day_of_overlap(reader: Reader, fake: SteamFake) -> None:
    reader.run()
    late = fake.add("Cached for a while.", at=reader.state["cursor"] - DAY + 60)
    reader.run()
    assert late in reader.rows


def test_a_deleted_review_stays_because_steam_gives_no_sign_of_it(reader: Reader, fake: SteamFake) -> None:
    reader.run()
    gone = next(iter(reader.rows))
    fake.delete(gone)
    reader.run()
    assert gone in reader.rows


def test_a_cursor_from_the_future_is_set_to_now_and_told(reader: Reader) -> None:
    reader.run()
    reader.state = {**reader.state, "cursor": NOW + 30 * DAY}
    batches = reader.run()
    assert any("future" in text for batch in batches for text in batch.warnings)
    assert reader.state["cursor"] <= NOW


@pytest.mark.parametrize("old", [{"v": 0, "cursor": NOW}, {"cursor": "x"}, {"v": 1, "scope": "other", "page": "AoJ4"}])
def test_a_state_of_another_version_or_game_starts_from_nothing(reader: Reader, fake: SteamFake, old: State) -> None:
    reader.state = old
    reader.run()
    assert reader.times == truth(fake)


def test_another_choice_of_languages_reads_from_the_start(reader: Reader, fake: SteamFake) -> None:
    reader.run()
    reader.config, reader.rows = SteamConfig("620", languages=("polish",)), {}
    reader.run()
    assert set(reader.rows) == {key for key, one in fake.everything().items() if one.language == "polish"}


# -- things go wrong -------------------------------------------------------------------------


def test_an_unknown_app_names_the_field_at_fault(fake: SteamFake) -> None:
    with pytest.raises(NotFound) as caught:
        Reader(fake, SteamConfig("999")).run()
    assert list(caught.value.details) == ["app"]
    with pytest.raises(NotFound):
        Reader(fake, SteamConfig("999")).run("summary")


def test_a_false_empty_page_is_asked_for_again(reader: Reader, fake: SteamFake) -> None:
    fake.hollow(4, after=1)
    reader.run()
    assert reader.times == truth(fake)
    assert reader.pauses == [1, 2, 4, 8]


def test_a_false_empty_page_is_asked_for_again_even_if_only_one_review_is_missing() -> None:
    with SteamFake(reviews=101) as fake:
        reader = Reader(fake)
        fake.hollow(5, after=1)
        reader.run()
        assert reader.times == truth(fake)


def test_a_list_that_stays_empty_too_early_is_no_success(reader: Reader, fake: SteamFake) -> None:
    fake.hollow(6, after=1)
    with pytest.raises(Transient, match="ended early, after 100 of 250"):
        reader.run()
    assert reader.state["cursor"] is None
    assert reader.state["page"]


def test_after_an_early_end_the_next_run_goes_on_where_it_stopped(reader: Reader, fake: SteamFake) -> None:
    fake.hollow(6, after=1)
    with pytest.raises(Transient):
        reader.run()
    fake.reset_counts()
    reader.run()
    assert reader.times == truth(fake)
    assert fake.requests == 3


def test_a_place_that_has_expired_starts_the_pass_over(reader: Reader, fake: SteamFake) -> None:
    with pytest.raises(CrashedError):
        reader.run(die_after=2)
    reader.state = {**reader.state, "page": "expired"}
    reader.run()
    assert reader.times == truth(fake)
    assert "page" not in reader.state


def test_a_first_page_that_stays_empty_is_no_success(reader: Reader, fake: SteamFake) -> None:
    fake.hollow(50)
    with pytest.raises(Transient):
        reader.run()
    assert reader.state == {}


def test_a_few_reviews_that_steam_counts_but_never_lists_are_told_and_forgiven(reader: Reader, fake: SteamFake) -> None:
    fake._totals.clear()
    total = fake._total
    fake._total = lambda asked: (total(asked)[0] + 4, total(asked)[1])  # type: ignore[method-assign]
    warnings = [text for batch in reader.run() for text in batch.warnings]
    assert warnings == ["Steam counts 254 reviews but lists 250."]


def test_a_short_limit_is_waited_out(reader: Reader, fake: SteamFake) -> None:
    fake.script(None, limited("2"))
    reader.run()
    assert reader.times == truth(fake)
    assert reader.pauses == [2]


def test_a_long_limit_goes_up_with_the_pages_before_it_kept(reader: Reader, fake: SteamFake) -> None:
    fake.script(None, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == 3600
    assert len(reader.rows) == 100
    reader.run()
    assert reader.times == truth(fake)


@pytest.mark.parametrize("fault", [down(502), down(503, "1"), RESET, TRUNCATED, slow(1)])
def test_a_passing_fault_costs_one_more_request_and_nothing_else(reader: Reader, fake: SteamFake, fault: Fault) -> None:
    reader.patience = fault.seconds / 2 or reader.patience
    fake.script(None, fault)
    reader.run()
    assert reader.times == truth(fake)
    assert fake.requests == 5


@pytest.mark.parametrize(("fault", "words"), [(HTML, "web page"), (MALFORMED, "cannot be read")])
def test_a_body_that_is_no_json_is_told_in_plain_words(
    reader: Reader, fake: SteamFake, fault: Fault, words: str
) -> None:
    fake.script(None, *[fault] * 3)
    with pytest.raises(BadAnswer, match=words):
        reader.run()
    assert len(reader.rows) == 100


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(500)])
def test_a_service_that_stays_broken_keeps_the_place_for_later(reader: Reader, fake: SteamFake, fault: Fault) -> None:
    fake.script(None, *[fault] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert reader.state["done"] == 100
    reader.run()
    assert reader.times == truth(fake)


class OddHttp:
    """Answers that a real server would have to be bent for."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def get_json(self, url: str, **_: Any) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    post_json = get_json


def odd_pages(*answers: Any) -> list[Batch]:
    moment = datetime.fromtimestamp(NOW, UTC)
    ctx = Context(OddHttp(*answers), lambda: moment, lambda _: None, lambda: False, None, lambda url: url)
    return list(STEAM.read(ctx, GAME, "reviews", {}))


@pytest.mark.parametrize("body", [[], "x", None, {}, {"response": []}, {"response": {"reviews": "many"}}])
def test_json_of_another_shape_is_a_bad_answer(body: Any) -> None:
    with pytest.raises(BadAnswer):
        odd_pages(body)


def test_a_bad_review_is_set_aside_and_the_others_are_read() -> None:
    good = {"recommendationid": "1", "timestamp_created": NOW - 5, "timestamp_updated": NOW - 5}
    bad = [{"recommendationid": "2", "timestamp_created": "soon"}, None, {"review": "nobody"}]
    first = odd_pages({"response": {"reviews": [good, *bad], "total_matching": 3}})[0]
    assert [raw.external_id for raw in first.raws] == ["1"]
    assert sorted(one.external_id for one in first.rejected) == ["", "2"]


def test_a_list_without_any_end_is_cut_off_as_broken() -> None:
    def page(number: int) -> dict[str, Any]:
        review = {"recommendationid": str(number), "timestamp_created": NOW - number}
        return {"response": {"reviews": [review], "cursor": f"c{number}", "total_matching": 50}}

    with pytest.raises(Transient):
        odd_pages(*(page(number) for number in range(1, 400)))


def test_a_ring_of_pages_is_read_once_around() -> None:
    def page(number: int, cursor: str) -> dict[str, Any]:
        review = {"recommendationid": str(number), "timestamp_created": NOW - number}
        return {"response": {"reviews": [review], "cursor": cursor, "total_matching": 3}}

    batches = odd_pages(page(1, "a"), page(2, "b"), page(3, "a"), page(4, "never"))
    assert [raw.external_id for batch in batches for raw in batch.raws] == ["1", "2", "3"]


def test_a_review_that_slides_to_the_next_page_is_counted_once() -> None:
    def review(number: int) -> dict[str, Any]:
        return {"recommendationid": str(number), "timestamp_created": NOW - number}

    pages = [
        {"response": {"reviews": [review(1), review(2)], "cursor": "a", "total_matching": 3}},
        {"response": {"reviews": [review(2), review(3)], "cursor": "b", "total_matching": 3}},
        {"response": {"cursor": "b", "total_matching": 3}},
    ]
    last = odd_pages(*pages)[-1].progress
    assert last is not None
    assert last.done == 3


# -- crashes -------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(0, 650),
    crashes=st.lists(st.integers(0, 5), max_size=5),
    hollow=st.tuples(st.integers(0, 5), st.integers(0, 4)),
    changes=st.lists(st.tuples(st.sampled_from(["add", "edit"]), st.integers(0, 10_000)), max_size=8),
)
def test_whatever_page_it_dies_at_the_rows_end_up_the_same(
    size: int, crashes: list[int], hollow: tuple[int, int], changes: list[tuple[str, int]]
) -> None:
    with SteamFake(reviews=size) as fake:
        reader = Reader(fake)
        fake.hollow(hollow[0], after=hollow[1])
        for crash in crashes:
            with suppress(CrashedError, Transient):
                reader.run(die_after=crash)
            reader.now += 600
            for what, pick in changes[:2]:
                _change(fake, what, pick, reader.now - 30)
            changes = changes[2:]
        for _ in range(3):
            reader.run()
            reader.now += 600
        assert reader.times == truth(fake)


def _change(fake: SteamFake, what: str, pick: int, at: int) -> None:
    known = sorted(fake.everything())
    if what == "add" or not known:
        fake.add(f"Review {pick}", at=at)
    else:
        fake.edit(known[pick % len(known)], at=at, text=f"Edited {pick}")


def test_the_state_stays_small_however_long_the_list_is() -> None:
    with SteamFake(reviews=6_000) as fake:
        reader = Reader(fake)
        assert max(len(repr(batch.state)) for batch in reader.run()) < 2_000


# -- totals and check ----------------------------------------------------------------------


def test_steams_own_totals_come_once_a_day(reader: Reader, fake: SteamFake) -> None:
    reader.run("summary")
    reader.run("summary")
    up = sum(one.up for one in fake.everything().values())
    day = datetime.fromtimestamp(NOW, UTC).date()
    assert list(reader.rows) == [day.isoformat()]
    points = STEAM.map("summary", next(iter(reader.rows.values())), GAME)
    assert points == [MetricPoint("steam.total_reviews", day, 250), MetricPoint("steam.total_positive", day, up)]


def test_check_tells_the_games_name_and_how_much_there_is(reader: Reader) -> None:
    checked = asked(STEAM, reader.context(), GAME)
    assert (checked.ok, checked.identity, checked.details["reviews"]) == (True, "Portal of Tests", 250)


@pytest.mark.parametrize(
    ("config", "at_fault"),
    [
        (SteamConfig("999"), "app"),
        (SteamConfig("https://notsteam.example/app/620"), "app"),
        (SteamConfig("620", languages=("klingon",)), "languages"),
    ],
)
def test_check_names_the_field_at_fault(fake: SteamFake, config: SteamConfig, at_fault: str) -> None:
    checked = asked(STEAM, Reader(fake).context(), config)
    assert (checked.ok, checked.field) == (False, at_fault)
    assert checked.message


def test_check_passes_without_the_stores_name(reader: Reader, fake: SteamFake) -> None:
    fake.script(None, *[Fault("html", path=DETAILS)] * 3)
    checked = asked(STEAM, reader.context(), GAME)
    assert (checked.ok, checked.identity) == (True, "App 620")
    assert checked.details["warnings"]


def test_check_takes_a_limit_for_a_good_answer_and_a_failure_for_none(reader: Reader, fake: SteamFake) -> None:
    fake.script(limited("3600"))
    assert asked(STEAM, reader.context(), GAME).ok
    fake.script(*[down(503)] * 3)
    failed = asked(STEAM, reader.context(), GAME)
    assert (failed.ok, failed.field) == (False, "")


# -- records -------------------------------------------------------------------------------


def mapped(raw: dict[str, Any]) -> Document:
    (found,) = STEAM.map("reviews", {"recommendationid": "1", "timestamp_created": NOW, **raw}, GAME)
    assert isinstance(found, Document)
    return found


def test_every_review_of_the_fake_becomes_a_document(reader: Reader) -> None:
    reader.run()
    found = [STEAM.map("reviews", row, GAME)[0] for row in reader.rows.values()]
    assert all(isinstance(one, Document) and one.rating in (0.0, 1.0) and "[b]" not in one.text for one in found)


def test_a_review_keeps_what_matters_and_hides_who_wrote_it() -> None:
    raw = {
        "author": {"steamid": "76561190000001234", "playtime_at_review": 410, "playtime_forever": 640},
        "language": "schinese", "review": "[h1]Good[/h1]", "voted_up": True, "votes_up": 3,
        "timestamp_updated": NOW + 5, "steam_purchase": True, "written_during_early_access": True,
        "developer_response": "Thanks!", "timestamp_dev_responded": NOW + 9,
    }  # fmt: skip
    one = mapped(raw)
    assert (one.text, one.rating, one.rating_original, one.rating_scale) == ("Good", 1.0, "up", "thumbs")
    assert (one.author, one.language) == ("player …1234", "zh-CN")
    assert one.url == "https://steamcommunity.com/profiles/76561190000001234/recommended/620/"
    assert one.updated_at == datetime.fromtimestamp(NOW + 5, UTC)
    assert one.extra["playtime_at_review_min"] == 410
    assert (one.extra["platform"], one.extra["early_access"], one.extra["steam_purchase"]) == ("steam", True, True)
    assert one.extra["developer_response"] == "Thanks!"


def test_a_thumb_down_is_zero_and_no_thumb_is_no_rating() -> None:
    assert (mapped({"voted_up": False}).rating, mapped({"voted_up": False}).rating_original) == (0.0, "down")
    assert (mapped({}).rating, mapped({"voted_up": None}).rating_original) == (None, "")


@pytest.mark.parametrize(("sent", "kept"), [(4_294_967_289, None), (-3, None), ("12", 12), (None, None), (True, None)])
def test_counters_that_cannot_be_are_left_out(sent: Any, kept: int | None) -> None:
    assert mapped({"votes_funny": sent}).extra["votes_funny"] == kept


@pytest.mark.parametrize(("sent", "kept"), [("0.52", 0.52), (0.52, 0.52), ("nan", None), ("x", None), (7, 1.0)])
def test_helpfulness_comes_as_text_or_number(sent: Any, kept: float | None) -> None:
    assert mapped({"weighted_vote_score": sent}).extra["helpfulness"] == kept


@pytest.mark.parametrize("odd", [{"author": None}, {"author": "x"}, {"review": None}, {"language": None}])
def test_empty_fields_are_no_reason_to_fail(odd: dict[str, Any]) -> None:
    assert mapped(odd).author == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a [b]bold[/b] [i]word[/i]", "a bold word"),
        ("[h1]Title[/h1]Text", "Title\nText"),
        ("[list][*]one[*]two[/list]", "• one\n• two"),
        ("[url=https://x.example]here[/url]", "here"),
        ("see [img]https://x.example/a.png[/img]!", "see !"),
        ("[quote=Someone]said[/quote]so", "said\nso"),
        ("[noparse]keep [b]this[/b][/noparse]", "keep [b]this[/b]"),
        ("[table][tr][td]a[/td][td]b[/td][/tr][/table]", "a b"),
        ("10/10 [sic] [1] [ ] x[0]", "10/10 [sic] [1] [ ] x[0]"),
        ("[B]UPPER[/B] [spoiler]secret[/spoiler]", "UPPER secret"),
        ("[url=" * 2000, "[url=" * 2000),
        ("", ""),
    ],
)
def test_bbcode_is_taken_out_and_other_brackets_stay(written: str, shown: str) -> None:
    assert "\n".join(line.strip() for line in plain(written).split("\n") if line) == shown


# -- what people paste -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        "620",
        " 000620 ",
        "https://store.steampowered.com/app/620",
        "https://store.steampowered.com/app/620/",
        "http://store.steampowered.com/app/620/Portal_2/?snr=1_4_4__118&utm_source=x#reviews",
        "store.steampowered.com/app/620/Portal_2",
        "HTTPS://STORE.STEAMPOWERED.COM/app/620/Portal_2/",
        "https://store.steampowered.com./app/620",
        "https://store.steampowered.com:443/app/620",
        "https://name:pass@store.steampowered.com/app/620",
        "https://store.steampowered.com/app/620/%E3%83%9D%E3%83%BC%E3%82%BF%E3%83%AB",
        "https://store.steampowered.com/app%2F620",
        "https://store.steampowered.com/agecheck/app/620/",
        "https://store.steampowered.com/news/app/620/view/123",
        "https://steamcommunity.com/app/620",
        "https://steamcommunity.com/app/620/reviews/?browsefilter=toprated",
        "https://steamcommunity.com/app/620/discussions/0/123/",
        "https://steamcommunity.com/games/620/announcements",
        "https://www.steamcommunity.com/app/620",
        "https://s.team/a/620",
        "https://s.team/a/620/?utm_campaign=share",
        "https://steamdb.info/app/620/charts/",
        "steam://store/620",
        "steam://run/620//-novid",
        "STEAM://STORE/620",
        "Look at this: https://store.steampowered.com/app/620/Portal_2/ it is great",
        "<https://store.steampowered.com/app/620>",
    ],
)
def test_every_form_of_a_steam_address_leads_to_the_app(pasted: str) -> None:
    assert app_id(pasted) == 620


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "Portal 2",
        "0",
        "99999999999",
        "4294967296",
        "-620",
        "٦٢٠",
        "https://notsteam.example/app/620",
        "https://notsteampowered.com/app/620",
        "https://store.steampowered.com.evil.example/app/620",
        "https://evil-store.steampowered.com.example/app/620",
        "https://mystore.steampowered.com/app/620",
        "https://notsteamcommunity.com/app/620",
        "https://xs.team/a/620",
        "https://store.steampowered.com@evil.example/app/620",
        "https://evil.example/?u=https://store.steampowered.com/app/620",
        "https://evil.example\\@store.steampowered.com/app/620",
        "https://evil.example#@store.steampowered.com/app/620",
        "https://store.steampowered.com/sub/620",
        "https://store.steampowered.com/app/620abc",
        "https://store.steampowered.com/app/",
        "https://store.steampowered.com/app%252F620",
        "https://s.team/p/abcd",
        "https://[::1/app/620",
        "ftp://store.steampowered.com/app/620",
        "javascript://store.steampowered.com/app/620",
        "steam://install/620",
        "xsteam://run/620",
    ],
)
def test_anything_else_is_refused_with_the_field_named(pasted: str) -> None:
    with pytest.raises(Invalid) as caught:
        app_id(pasted)
    assert list(caught.value.details) == ["app"]


def test_a_bundle_is_refused_with_a_reason() -> None:
    with pytest.raises(Invalid, match="Packages and bundles"):
        app_id("https://store.steampowered.com/bundle/234/Valve/")


def test_languages_are_taken_by_name_or_tag_and_none_means_all() -> None:
    assert languages(()) == languages("\n") == languages(("english", "ALL")) == ["all"]
    assert languages("de\n German \npt-BR") == ["brazilian", "german"]
    assert languages(["ko", "zh-cn"]) == ["koreana", "schinese"]


# -- the fake itself -----------------------------------------------------------------------


def ask(fake: SteamFake, **question: Any) -> dict[str, Any]:
    client = Client(allow_private=frozenset({fake.host}))
    return dict(client.get_json(fake.url + REVIEWS + "/", params={"appid": 620, **question})["response"])


def test_the_fake_has_steams_defaults(fake: SteamFake) -> None:
    plain_answer = ask(fake, num_per_page=100, filter=2)
    assert {one["language"] for one in plain_answer["reviews"]} == {"english"}
    assert {one["steam_purchase"] for one in plain_answer["reviews"]} == {True}
    wide = {"languages[0]": "all", "purchase_type": 1, "filter": 2}
    assert plain_answer["total_matching"] < ask(fake, **wide)["total_matching"] == 250
    assert len(ask(fake, **wide)["reviews"]) == 20
    assert len(ask(fake, **wide, num_per_page=500)["reviews"]) == 100


def test_the_fake_orders_by_creation_change_or_helpfulness(fake: SteamFake) -> None:
    wide = {"languages[0]": "all", "purchase_type": 1, "num_per_page": 100}
    old = min(fake.everything())
    fake.edit(old, at=NOW)
    assert ask(fake, **wide, filter=2)["reviews"][0]["recommendationid"] == old
    created = [one["timestamp_created"] for one in ask(fake, **wide, filter=1)["reviews"]]
    votes = [one["votes_up"] for one in ask(fake, **wide, filter=0)["reviews"]]
    assert created == sorted(created, reverse=True)
    assert votes == sorted(votes, reverse=True)


def test_a_cursor_that_was_not_encoded_finds_nothing(fake: SteamFake) -> None:
    cursor = ask(fake, filter=2)["cursor"]
    assert "reviews" not in ask(fake, filter=2, cursor=cursor.replace("+", " "))


def test_a_wrong_path_is_not_found(fake: SteamFake) -> None:
    with pytest.raises(Terminal):
        Client(allow_private=frozenset({fake.host})).get_json(fake.url + "/appreviews/620")


def test_raws_carry_the_time_of_the_last_change(reader: Reader) -> None:
    first = reader.run()[0].raws[0]
    assert isinstance(first, Raw)
    assert first.updated_at == datetime.fromtimestamp(first.payload["timestamp_updated"], UTC)
