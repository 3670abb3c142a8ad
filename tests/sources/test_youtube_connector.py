"""The YouTube connector against a local YouTube, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, NotFound, RateLimited, Terminal, Transient
from sources.actions.checking import asked
from sources.connectors._base import connectors
from sources.connectors.youtube import YouTube
from sources.connectors.youtube.targets import Target, target, wanted
from sources.records import Document, MetricPoint
from tests.fakes import youtube as refused
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, limited, slow
from tests.fakes.youtube import CHANNEL, KEY, Refused, YouTubeFake
from tests.sources.youtube_reading import DAY, NOW, YOUTUBE, CrashedError, Reader, config, truth

THREADS = "/youtube/v3/commentThreads"


@pytest.fixture
def fake() -> Iterator[YouTubeFake]:
    with YouTubeFake() as running:
        yield running


@pytest.fixture
def reader(fake: YouTubeFake) -> Reader:
    return Reader(fake)


# -- comments: reading everything ------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("youtube"), YouTube)


def test_all_comments_and_all_replies_of_a_channel_arrive(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    assert reader.texts == truth(fake)
    assert len(reader.texts) == 3 * (25 + 24 + 4 * 8) - 3 * 3


def test_long_lists_are_read_page_after_page() -> None:
    with YouTubeFake(videos=1, threads=250) as fake:
        fake.say("vid-0000000", "Busy.", at=NOW - 60)
        busy = next(one.id for one in fake.comments.values() if one.text == "Busy.")
        for number in range(230):
            fake.say("vid-0000000", f"Me too {number}", at=NOW - 50, parent=busy)
        reader = Reader(fake)
        reader.run()
        assert reader.texts == truth(fake)
        assert fake.hits[THREADS] == 3


def test_the_key_goes_into_a_header_and_never_into_an_address(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    assert all("key" not in request.query for request in fake.seen)
    assert all(KEY in request.headers.values() for request in fake.seen)


def test_uploads_are_found_without_searching(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    assert {path.rsplit("/", 1)[1] for path in fake.hits} == {"channels", "playlistItems", "commentThreads", "comments"}


def test_only_so_many_of_the_newest_uploads_are_read(fake: YouTubeFake) -> None:
    reader = Reader(fake, config(uploads=2))
    reader.run()
    assert {row["video"] for row in reader.rows["comments"].values()} == {"vid-0000000", "vid-0000001"}


def test_single_videos_are_read_without_asking_for_a_channel(fake: YouTubeFake) -> None:
    reader = Reader(fake, config("https://youtu.be/vid-0000001"))
    reader.run()
    assert reader.texts == {key: text for key, text in truth(fake).items() if fake.comments[key].video == "vid-0000001"}
    assert fake.hits["/youtube/v3/channels"] == 0


@pytest.mark.parametrize("named", [refused.HANDLE, CHANNEL, "https://www.youtube.com/user/fixtureworks"])
def test_a_channel_is_found_by_handle_id_and_old_name(fake: YouTubeFake, named: str) -> None:
    reader = Reader(fake, config(named))
    reader.run("videos")
    assert len(reader.rows["videos"]) == 3


def test_only_comments_since_the_first_wanted_day_are_kept(fake: YouTubeFake) -> None:
    since = datetime.fromtimestamp(NOW - 5 * DAY, UTC).date()
    reader = Reader(fake, config(since=since))
    reader.run()
    start = datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp()
    assert reader.texts == {key: text for key, text in truth(fake).items() if fake.comments[key].at >= start}
    assert 0 < len(reader.texts) < len(truth(fake))


def test_a_video_without_comments_is_no_reason_to_fail() -> None:
    with YouTubeFake(videos=1, threads=0) as fake:
        reader = Reader(fake)
        reader.run()
        assert reader.texts == {}
        assert reader.warnings == []


def test_a_channel_that_never_uploaded_is_told(fake: YouTubeFake) -> None:
    fake.videos.clear()
    reader = Reader(fake)
    for stream in ("comments", "videos"):
        reader.run(stream)
        assert reader.warnings == ["The channel “Fixture Works” has no public uploads."]


def test_progress_tells_how_many_comments_and_which_video(reader: Reader) -> None:
    told = [batch.progress for batch in reader.run() if batch.progress]
    assert told[0].message == "Video 1 of 3"
    assert (told[-1].done, told[-1].unit, told[-1].message) == (len(reader.texts), "comments", "Video 3 of 3")


# -- comments: the next time -----------------------------------------------------------------


def test_a_second_run_changes_nothing_and_reads_one_page_a_video(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    before = dict(reader.rows["comments"])
    fake.reset_counts()
    reader.run()
    assert reader.rows["comments"] == before
    assert fake.hits[THREADS] == 3


def test_later_runs_stop_a_week_before_the_last_one() -> None:
    with YouTubeFake(videos=1, threads=500) as fake:
        reader = Reader(fake)
        reader.run()
        fake.reset_counts()
        reader.now += DAY
        reader.run()
        assert fake.hits[THREADS] == 1


def test_new_comments_replies_edits_and_likes_of_the_last_days_arrive(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    thread = next(one for one in fake.comments.values() if not one.parent)
    fake.edit(thread.id, "I changed my mind.", at=NOW + 60)
    thread.likes = 41
    fake.say(thread.video, "Fresh.", at=NOW + 90)
    fake.say(thread.video, "A late answer.", at=NOW + 95, parent=thread.id)
    reader.now += DAY
    reader.run()
    assert reader.texts == truth(fake)
    assert reader.rows["comments"][thread.id]["snippet"]["likeCount"] == 41


def test_what_was_written_while_a_pass_lay_still_is_not_lost() -> None:
    with YouTubeFake(videos=2, threads=1) as fake:
        reader = Reader(fake)
        with pytest.raises(CrashedError):
            reader.run(die_after=1)
        for number in range(150):
            fake.say("vid-0000000", f"Anybody there? {number}", at=NOW + DAY + number)
        reader.now += 20 * DAY
        reader.run()
        reader.run()
        assert reader.texts == truth(fake)


def test_a_video_that_is_new_in_the_list_is_read_whole(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    old = fake.publish("From the archive", at=NOW - 400 * DAY)
    fake.say(old, "First!", at=NOW - 399 * DAY)
    reader.run()
    assert reader.texts == truth(fake)


def test_a_comment_that_is_missing_later_stays(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    gone = next(one.id for one in fake.comments.values() if not one.parent)
    fake.delete(gone)
    reader.run()
    assert gone in reader.texts
    assert reader.gone == set()


def test_a_thread_that_youtube_says_is_gone_is_withdrawn(reader: Reader, fake: YouTubeFake) -> None:
    thread = next(one.id for one in fake.comments.values() if len(fake.replies(one.id)) > 5)
    fake.refuse(None, None, None, refused.NO_COMMENT)
    reader.run()
    assert reader.gone == {thread}
    assert set(truth(fake)) - set(reader.texts) == {thread, *(one.id for one in fake.replies(thread))}


def test_a_withdrawn_comment_that_comes_back_is_read_again(reader: Reader, fake: YouTubeFake) -> None:
    fake.refuse(None, None, None, refused.NO_COMMENT)
    reader.run()
    reader.run()
    assert reader.texts == truth(fake)
    assert reader.gone == set()


def test_a_404_that_is_not_youtubes_own_withdraws_nothing(reader: Reader, fake: YouTubeFake) -> None:
    fake.script(None, None, None, down(404))
    with pytest.raises(NotFound):
        reader.run()
    assert reader.gone == set()


def test_a_cursor_from_the_future_is_set_to_now_and_told(reader: Reader) -> None:
    reader.run()
    reader.state["comments"]["cursor"] = NOW + 30 * DAY
    reader.run()
    assert any("future" in text for text in reader.warnings)
    assert reader.state["comments"]["cursor"] <= NOW


@pytest.mark.parametrize(
    "old", [{"v": 0, "cursor": NOW}, {"cursor": "x"}, {"v": 1, "scope": "x", "done": ["vid-0000000"]}]
)
def test_a_state_of_another_version_or_choice_starts_from_nothing(
    reader: Reader, fake: YouTubeFake, old: dict[str, Any]
) -> None:
    reader.state["comments"] = old
    reader.run()
    assert reader.texts == truth(fake)


# -- comments: what is kept ------------------------------------------------------------------


def test_nothing_about_authors_is_kept_unless_it_was_asked_for(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    assert "author" not in repr(reader.rows).lower()
    reader.config = config(authors=True)
    reader.run()
    assert {one.author for one in reader.records() if isinstance(one, Document)} == {"@ada"}
    reader.config = config()
    reader.run()
    assert "author" not in repr(reader.rows).lower()


def test_a_comment_becomes_a_document_with_parent_likes_and_address(fake: YouTubeFake) -> None:
    video = fake.publish("Unicode", at=NOW - DAY)
    top = fake.say(video, "Grüße <b>& mehr</b> 👩‍🚀\nnächste Zeile", at=NOW - 100, likes=7)
    reply = fake.say(video, "=1+1", at=NOW - 50, parent=top)
    fake.edit(reply, "=1+2", at=NOW - 40)
    reader = Reader(fake, config(f"https://www.youtube.com/watch?v={video}"))
    reader.run()
    found = {one.external_id: one for one in reader.records() if isinstance(one, Document)}
    assert (found[top].text, found[top].kind, found[top].rating) == (
        "Grüße <b>& mehr</b> 👩‍🚀\nnächste Zeile",
        "comment",
        None,
    )
    assert found[top].extra == {"platform": "youtube", "video": video, "parent": "", "likes": 7, "replies": 1}
    assert found[top].url == f"https://www.youtube.com/watch?v={video}&lc={top}"
    assert (found[reply].text, found[reply].extra["parent"], found[reply].extra["likes"]) == ("=1+2", top, 0)
    assert found[reply].created_at == datetime.fromtimestamp(NOW - 50, UTC)
    assert found[reply].updated_at == datetime.fromtimestamp(NOW - 40, UTC)


@pytest.mark.parametrize(
    "snippet",
    [
        {"publishedAt": "2026-11-20T08:00:00Z"},
        {"publishedAt": "2026-11-20T08:00:00.123Z", "textDisplay": None, "likeCount": None},
    ],
)
def test_fields_that_are_missing_or_null_are_no_reason_to_fail(snippet: dict[str, Any]) -> None:
    (one,) = YOUTUBE.map("comments", {"id": "Ugx", "video": "v", "snippet": snippet}, config())
    assert isinstance(one, Document)
    assert (one.text, one.extra["likes"]) == ("", None)


@pytest.mark.parametrize("raw", [{}, {"id": "Ugx"}, {"id": "Ugx", "snippet": {"publishedAt": "2026-11-20"}}])
def test_a_comment_without_id_or_time_is_refused_alone(raw: dict[str, Any]) -> None:
    with pytest.raises((LookupError, Terminal)):
        YOUTUBE.map("comments", raw, config())


def test_bad_comments_are_set_aside_and_the_others_are_read(reader: Reader, fake: YouTubeFake) -> None:
    thread = fake.dressed

    def bent(top: Any, query: Any) -> dict[str, Any]:
        made = thread(top, query)
        if top.text.startswith("Comment 1 "):
            made["snippet"]["topLevelComment"]["snippet"]["publishedAt"] = "yesterday"
        if top.text.startswith("Comment 2 "):
            made["snippet"] = None
        return made

    fake.dressed = bent  # type: ignore[method-assign]
    reader.run()
    assert len([one for batch in reader.batches for one in batch.rejected]) == 6
    left = {key for key, text in truth(fake).items() if not text.startswith(("Comment 1 ", "Comment 2 "))}
    assert set(reader.texts) == left


# -- comments: things go wrong ---------------------------------------------------------------


@pytest.mark.parametrize("why", [refused.OFF, refused.KEPT_BACK, refused.NO_VIDEO])
def test_a_video_whose_comments_are_closed_is_skipped_with_a_warning(
    reader: Reader, fake: YouTubeFake, why: Refused
) -> None:
    fake.refuse(None, None, why)
    reader.run()
    assert [text for text in reader.warnings if "vid-0000000" in text]
    assert {fake.comments[one].video for one in reader.texts} == {"vid-0000001", "vid-0000002"}
    reader.run()
    assert reader.texts == truth(fake)


def test_comments_that_are_switched_off_at_youtube_skip_only_their_video(reader: Reader, fake: YouTubeFake) -> None:
    fake.videos["vid-0000001"].comments_on = False
    reader.run()
    assert reader.texts == truth(fake)
    assert reader.warnings == ["No comments of the video vid-0000001 were read. Comments are switched off."]


def test_replies_that_are_kept_back_cost_only_themselves(reader: Reader, fake: YouTubeFake) -> None:
    thread = next(one.id for one in fake.comments.values() if len(fake.replies(one.id)) > 5)
    fake.refuse(None, None, None, refused.KEPT_BACK)
    reader.run()
    assert set(truth(fake)) - set(reader.texts) == {one.id for one in fake.replies(thread)}
    assert any(thread in text for text in reader.warnings)


@pytest.mark.parametrize("why", [refused.QUOTA, refused.DAILY, refused.PER_DAY])
def test_a_quota_that_is_used_up_pauses_until_midnight_pacific(reader: Reader, fake: YouTubeFake, why: Refused) -> None:
    fake.refuse(None, None, None, why)
    with pytest.raises(RateLimited, match="midnight Pacific") as caught:
        reader.run()
    asked = caught.value.retry_after
    assert asked is not None
    assert datetime.fromtimestamp(NOW + asked, UTC) == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert reader.pauses == []
    fake.reset_counts()
    reader.now += int(asked) + 1
    reader.run()
    assert reader.texts == truth(fake)


def test_in_summer_midnight_pacific_comes_an_hour_earlier_in_utc(fake: YouTubeFake) -> None:
    fake.refuse(refused.QUOTA)
    summer = int(datetime(2026, 7, 1, 6, 30, tzinfo=UTC).timestamp())
    with pytest.raises(RateLimited) as caught:
        Reader(fake, now=summer).run()
    assert caught.value.retry_after == 1800


def test_every_batch_tells_what_is_left_of_the_day(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    assert [one.quota["limit"] for one in reader.batches] == [10_000] * len(reader.batches)
    assert reader.batches[-1].quota["remaining"] == 10_000 - fake.requests == fake.quota
    assert reader.batches[-1].quota["resets_at"].startswith("2026-11-20T08:00")


def test_units_are_counted_over_runs_and_anew_each_pacific_day(reader: Reader, fake: YouTubeFake) -> None:
    reader.run()
    reader.run()
    assert reader.batches[-1].quota["remaining"] == 10_000 - fake.requests
    fake.reset_counts()
    reader.now += DAY
    reader.run()
    assert reader.batches[-1].quota["remaining"] == 10_000 - fake.requests


def test_a_run_over_midnight_pacific_counts_anew(reader: Reader, fake: YouTubeFake) -> None:
    def sleep(page: int) -> None:
        if page == 3:
            fake.reset_counts()
            reader.now += DAY

    reader.meanwhile = sleep
    reader.run()
    assert reader.batches[-1].quota["remaining"] == 10_000 - fake.requests


def test_refusals_that_are_tried_again_cost_units_too(reader: Reader, fake: YouTubeFake) -> None:
    fake.refuse(None, None, refused.TOO_FAST, refused.BUSY)
    fake.script(None, down(503))
    reader.run()
    assert reader.batches[-1].quota["remaining"] == 10_000 - fake.requests


def test_a_source_stops_at_its_own_share_and_goes_on_the_next_day() -> None:
    with YouTubeFake(videos=120, threads=1) as fake:
        reader = Reader(fake, config(units=100))
        with pytest.raises(RateLimited, match="100 units"):
            reader.run()
        assert fake.requests == 100
        reader.now += DAY
        reader.run()
        assert reader.texts == truth(fake)


def test_a_limit_of_the_minute_is_waited_out(reader: Reader, fake: YouTubeFake) -> None:
    fake.refuse(None, None, refused.TOO_FAST)
    fake.script(*[None] * 4, limited("2"))
    reader.run()
    assert reader.texts == truth(fake)
    assert len(reader.pauses) == 2
    assert reader.pauses[1] == 2


def test_a_long_limit_goes_up_with_the_pages_before_it_kept(reader: Reader, fake: YouTubeFake) -> None:
    fake.script(None, None, None, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == 3600
    kept = len(reader.texts)
    assert kept > 0
    reader.run()
    assert reader.texts == truth(fake)


KEY_REFUSALS = [
    (refused.BAD_KEY, "does not take this API key"),
    (refused.OLD_BAD_KEY, "does not take this API key"),
    (refused.SWITCHED_OFF, "Switch on"),
    (refused.BLOCKED, "restrictions"),
    (refused.EXPIRED, "refused the credentials"),
    (refused.NO_KEY, "refused the credentials"),
]


@pytest.mark.parametrize(("why", "words"), KEY_REFUSALS)
def test_a_key_that_stops_working_in_the_middle_asks_for_a_new_one(
    reader: Reader, fake: YouTubeFake, why: Refused, words: str
) -> None:
    fake.refuse(None, None, None, why)
    with pytest.raises(BadCredentials, match=words) as caught:
        reader.run()
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value.details)
    reader.run()
    assert reader.texts == truth(fake)


@pytest.mark.parametrize("fault", [down(502), down(503, "1"), RESET, TRUNCATED, slow(1)])
def test_a_passing_fault_costs_one_more_request_and_nothing_else(
    reader: Reader, fake: YouTubeFake, fault: Fault
) -> None:
    reader.patience = fault.seconds / 2 or reader.patience
    fake.script(None, None, None, fault)
    reader.run()
    assert reader.texts == truth(fake)


def test_a_processing_failure_is_tried_again(reader: Reader, fake: YouTubeFake) -> None:
    fake.refuse(None, None, refused.BUSY)
    reader.run()
    assert reader.texts == truth(fake)


@pytest.mark.parametrize(("fault", "words"), [(HTML, "web page"), (MALFORMED, "cannot be read")])
@pytest.mark.parametrize("stream", ["comments", "videos"])
def test_a_body_that_is_no_json_is_told_in_plain_words(
    reader: Reader, fake: YouTubeFake, stream: str, fault: Fault, words: str
) -> None:
    fake.script(None, None, *[fault] * 3)
    with pytest.raises(BadAnswer, match=words):
        reader.run(stream)


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(500)])
def test_a_service_that_stays_broken_keeps_the_place_for_later(reader: Reader, fake: YouTubeFake, fault: Fault) -> None:
    fake.script(None, None, None, None, *[fault] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert reader.state["comments"]["place"]
    reader.run()
    assert reader.texts == truth(fake)


@pytest.mark.parametrize("name", ["commentThreads", "comments", "playlistItems"])
def test_a_list_that_runs_in_circles_is_no_success(name: str) -> None:
    with YouTubeFake(videos=60, threads=1) as fake:
        busy = fake.say("vid-0000000", "Busy.", at=NOW - 60)
        for number in range(130):
            fake.say("vid-0000000", f"{number}", at=NOW - 60 - number)
            fake.say("vid-0000000", f"{number}", at=NOW - 50, parent=busy)
        reader = Reader(fake)
        fake.loops = name
        with pytest.raises(Transient, match="same page twice"):
            reader.run()
        assert "started" in reader.state.get("comments", {"started": 0})
        fake.loops = ""
        reader.run()
        assert reader.texts == truth(fake)


def test_a_place_that_has_expired_starts_the_video_over() -> None:
    with YouTubeFake(videos=2, threads=250) as fake:
        reader = Reader(fake)
        with pytest.raises(CrashedError):
            reader.run(die_after=3)
        fake.expire_tokens()
        reader.run()
        assert reader.texts == truth(fake)


def test_places_that_expire_again_and_again_are_no_success() -> None:
    with YouTubeFake(videos=1, threads=450) as fake:
        reader = Reader(fake, meanwhile=lambda page: fake.expire_tokens())
        with pytest.raises(Transient):
            reader.run()
        reader.meanwhile = lambda page: None
        reader.run()
        assert reader.texts == truth(fake)


def test_comments_written_while_pages_are_turned_are_there_once(reader: Reader) -> None:
    with YouTubeFake(videos=1, threads=250) as fake:
        reader = Reader(fake)

        def speak(page: int) -> None:
            fake.say("vid-0000000", f"Meanwhile {page}", at=NOW + page)

        reader.meanwhile = speak
        reader.run()
        reader.meanwhile = lambda page: None
        reader.run()
        assert reader.texts == truth(fake)


@pytest.mark.parametrize("body", [[], "x", None, {"items": "many"}])
@pytest.mark.parametrize("stream", ["comments", "videos"])
def test_json_of_another_shape_is_a_bad_answer(reader: Reader, fake: YouTubeFake, body: Any, stream: str) -> None:
    fake._items = lambda query: body  # type: ignore[method-assign]
    with pytest.raises(BadAnswer):
        reader.run(stream)


@settings(max_examples=25, deadline=None)
@given(
    threads=st.integers(0, 130),
    crashes=st.lists(st.integers(0, 12), max_size=4),
    changes=st.lists(
        st.tuples(st.sampled_from(["say", "edit", "answer", "expire"]), st.integers(0, 9_999)), max_size=8
    ),
)
def test_whatever_page_it_dies_at_the_rows_end_up_the_same(
    threads: int, crashes: list[int], changes: list[tuple[str, int]]
) -> None:
    with YouTubeFake(videos=2, threads=threads, until=NOW - 60) as fake:
        reader = Reader(fake)
        for crash in crashes:
            with suppress(CrashedError):
                reader.run(die_after=crash)
            reader.now += 600
            for what, pick in changes[:2]:
                _change(fake, what, pick, reader.now - 30)
            changes = changes[2:]
        for _ in range(2):
            reader.run()
            reader.now += 600
        assert reader.texts == truth(fake)


def _change(fake: YouTubeFake, what: str, pick: int, at: int) -> None:
    recent = sorted(one.id for one in fake.comments.values() if not one.parent and one.at > at - 6 * DAY)
    if what == "expire":
        fake.expire_tokens()
    elif what == "say" or not recent:
        fake.say("vid-0000001", f"Comment {pick}", at=at)
    elif what == "edit":
        fake.edit(recent[pick % len(recent)], f"Edited {pick}", at=at)
    else:
        fake.say(fake.comments[recent[pick % len(recent)]].video, "Yes.", at=at, parent=recent[pick % len(recent)])


def test_the_state_stays_small_however_much_is_written() -> None:
    with YouTubeFake(videos=3, threads=700) as fake:
        reader = Reader(fake)
        assert max(len(repr(batch.state)) for batch in reader.run()) < 2_500


# -- the counters of the videos ----------------------------------------------------------------


def test_counters_are_read_once_a_day_for_each_video(reader: Reader, fake: YouTubeFake) -> None:
    fake.videos["vid-0000001"].views = 12_345_678_901
    reader.run("videos")
    count = sum(one.video == "vid-0000001" for one in fake.comments.values())
    assert reader.numbers["views", "Film 1"] == 12_345_678_901
    assert (reader.numbers["likes", "Film 1"], reader.numbers["comments", "Film 1"]) == (10, count)
    before = dict(reader.rows["videos"])
    reader.now += 3600
    reader.run("videos")
    assert reader.rows["videos"] == before


def test_a_day_is_the_teams_day(fake: YouTubeFake) -> None:
    late = int(datetime(2026, 11, 19, 23, 30, tzinfo=UTC).timestamp())
    reader = Reader(fake, now=late, zone="Pacific/Auckland")
    reader.run("videos")
    assert {one.at for one in reader.records("videos") if isinstance(one, MetricPoint)} == {date(2026, 11, 20)}


def test_a_restated_counter_of_the_same_day_replaces_the_earlier_one(reader: Reader, fake: YouTubeFake) -> None:
    reader.run("videos")
    fake.videos["vid-0000000"].views = 90
    reader.run("videos")
    assert reader.numbers["views", "Film 0"] == 90
    assert len(reader.rows["videos"]) == 3


def test_hidden_likes_and_closed_comments_are_missing_and_not_zero(reader: Reader, fake: YouTubeFake) -> None:
    fake.videos["vid-0000000"].likes = None
    fake.videos["vid-0000000"].comments_on = False
    reader.run("videos")
    assert ("views", "Film 0") in reader.numbers
    assert ("likes", "Film 0") not in reader.numbers
    assert ("comments", "Film 0") not in reader.numbers


def test_a_renamed_video_goes_on_under_its_first_name(reader: Reader, fake: YouTubeFake) -> None:
    reader.run("videos")
    fake.videos["vid-0000000"].title = "Film 0 (you won't believe it)"
    reader.now += DAY
    reader.run("videos")
    assert {video for _, video in reader.numbers} == {"Film 0", "Film 1", "Film 2"}


def test_videos_with_the_same_title_are_told_apart(reader: Reader, fake: YouTubeFake) -> None:
    for one in fake.videos.values():
        one.title = "Untitled"
    reader.run("videos")
    names = {video for _, video in reader.numbers}
    assert names == {"Untitled", "Untitled (vid-0000001)", "Untitled (vid-0000002)"}


def test_a_title_that_no_database_takes_is_cleaned(reader: Reader, fake: YouTubeFake) -> None:
    fake.videos["vid-0000000"].title = " Ünï\x00code\n\ud83d 👩\u200d🚀 "
    fake.videos["vid-0000001"].title = "\x00"
    reader.run("videos")
    assert {video for _, video in reader.numbers} == {"Ünïcode 👩\u200d🚀", "vid-0000001", "Film 2"}


def test_many_videos_are_one_sum_in_questions_of_fifty() -> None:
    with YouTubeFake(videos=120, threads=0) as fake:
        fake.videos["vid-0000000"].likes = None
        reader = Reader(fake)
        reader.run("videos")
        assert reader.numbers == {("views", ""): 12_000, ("likes", ""): 1_190, ("comments", ""): 0}
        assert fake.hits["/youtube/v3/videos"] == 3
        assert fake.requests == 7


def test_where_no_video_shows_its_likes_the_sum_is_missing() -> None:
    with YouTubeFake(videos=60, threads=0) as fake:
        for one in fake.videos.values():
            one.likes = None
        reader = Reader(fake)
        reader.run("videos")
        assert reader.numbers == {("views", ""): 6_000, ("comments", ""): 0}


def test_a_day_is_never_counted_in_two_ways() -> None:
    with YouTubeFake(videos=50, threads=0) as fake:
        reader = Reader(fake)
        reader.run("videos")
        fake.publish("Number 51", at=NOW)
        reader.run("videos")
        assert all(video for _, video in reader.numbers)
        assert sum(value for (metric, _), value in reader.numbers.items() if metric == "views") == 5_100
        reader.now += DAY
        reader.rows["videos"].clear()
        reader.run("videos")
        assert reader.numbers["views", ""] == 5_100


def test_videos_that_youtube_does_not_show_are_named_in_a_warning(reader: Reader, fake: YouTubeFake) -> None:
    fake.videos["vid-0000002"].listed = False
    reader.run("videos")
    assert reader.warnings == ["No numbers of these videos, deleted or private: vid-0000002."]
    assert {video for _, video in reader.numbers} == {"Film 0", "Film 1"}


@pytest.mark.parametrize("videos", [3, 60])
def test_a_counter_that_is_no_number_costs_that_video_only(videos: int) -> None:
    with YouTubeFake(videos=videos, threads=0) as fake:
        fake.videos["vid-0000000"].views = "lots"  # type: ignore[assignment]
        reader = Reader(fake)
        batch = reader.run("videos")[0]
        bad = [one.external_id for one in batch.rejected]
        for name, row in reader.rows["videos"].items():
            try:
                YOUTUBE.map("videos", row, reader.config)
            except Terminal:
                bad.append(name)
        assert bad == ["2026-11-19:vid-0000000"]


def test_an_unknown_channel_names_the_field_at_fault(fake: YouTubeFake) -> None:
    for stream in ("comments", "videos"):
        with pytest.raises(NotFound) as caught:
            Reader(fake, config("@nobody_here")).run(stream)
        assert list(caught.value.details) == ["targets"]


def test_a_404_for_a_name_is_as_good_as_an_empty_list(reader: Reader, fake: YouTubeFake) -> None:
    fake.refuse(refused.NO_CHANNEL)
    checked = asked(YOUTUBE, reader.context(), config())
    assert (checked.ok, checked.field) == (False, "targets")
    fake.refuse(None, None, refused.NO_VIDEO)
    with pytest.raises(NotFound, match="knows no video vid-0000000"):
        reader.run("videos")


def test_one_unknown_channel_among_others_is_told_and_the_others_are_read(fake: YouTubeFake) -> None:
    reader = Reader(fake, config("@nobody_here", refused.HANDLE))
    reader.run()
    assert reader.texts == truth(fake)
    assert any("@nobody_here" in text for text in reader.warnings)


# -- check -------------------------------------------------------------------------------------


def test_check_tells_the_channels_name(reader: Reader, fake: YouTubeFake) -> None:
    checked = asked(YOUTUBE, reader.context(), config(refused.HANDLE))
    assert (checked.ok, checked.identity, fake.requests) == (True, "Fixture Works", 1)


def test_check_tells_the_videos_name_and_how_many_more(reader: Reader) -> None:
    checked = asked(YOUTUBE, reader.context(), config("https://youtu.be/vid-0000001", "vid-0000000"))
    assert (checked.ok, checked.identity) == (True, "Film 1 and 1 more")


@pytest.mark.parametrize(
    ("settings", "at_fault"),
    [
        (config("@nobody_here"), "targets"),
        (config("https://youtu.be/vid-9999999"), "targets"),
        (config("https://notyoutube.com/watch?v=vid-0000001"), "targets"),
        (config(api_key="AIzaWrong"), "api_key"),
        (config(api_key="not a key"), "api_key"),
    ],
)
def test_check_names_the_field_at_fault(reader: Reader, settings: Any, at_fault: str) -> None:
    checked = asked(YOUTUBE, reader.context(), settings)
    assert (checked.ok, checked.field) == (False, at_fault)
    assert checked.message


@pytest.mark.parametrize(("why", "words"), KEY_REFUSALS)
def test_check_says_what_to_do_about_the_key(reader: Reader, fake: YouTubeFake, why: Refused, words: str) -> None:
    fake.refuse(why)
    checked = asked(YOUTUBE, reader.context(), config())
    assert (checked.ok, checked.field) == (False, "api_key")
    assert words in checked.message


def test_check_takes_a_used_up_quota_for_a_good_answer_and_a_failure_for_none(
    reader: Reader, fake: YouTubeFake
) -> None:
    fake.refuse(refused.QUOTA)
    assert asked(YOUTUBE, reader.context(), config()).ok
    fake.script(*[down(503)] * 3)
    failed = asked(YOUTUBE, reader.context(), config())
    assert (failed.ok, failed.field) == (False, "")


# -- what people paste -------------------------------------------------------------------------

ID = "dQw4w9WgXcQ"
UC = "UC_x5XG1OV2P6uZZ5FSM9Ttw"


@pytest.mark.parametrize(
    "pasted",
    [
        ID,
        f" https://www.youtube.com/watch?v={ID}",
        f"https://www.youtube.com/watch?app=desktop&v={ID}&list=PL123&index=4&t=12s",
        f"http://m.youtube.com/watch?v={ID}#comments",
        f"youtube.com/watch?v={ID}",
        f"HTTPS://WWW.YOUTUBE.COM/watch?v={ID}",
        f"https://www.youtube.com./watch?v={ID}",
        f"https://www.youtube.com:443/watch?v={ID}",
        f"https://music.youtube.com/watch?v={ID}&si=abc",
        f"https://youtu.be/{ID}?si=abcdefgh",
        f"youtu.be/{ID}/",
        f"https://www.youtube.com/shorts/{ID}?feature=share",
        f"https://www.youtube.com/live/{ID}",
        f"https://www.youtube.com/embed/{ID}?autoplay=1",
        f"https://www.youtube-nocookie.com/embed/{ID}",
        f"https://www.youtube.com/v/{ID}",
        f"https://www.youtube.com/e/{ID}",
        f"https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3D{ID}%26feature%3Dshare",
        f"https://www.youtube.com/watch?v={ID}&lc=UgxAbc",
        f"Look at this: https://youtu.be/{ID}, it is great",
        f"<https://youtu.be/{ID}>",
    ],
)
def test_every_form_of_a_videos_address_leads_to_the_video(pasted: str) -> None:
    assert target(pasted) == Target("video", ID)


@pytest.mark.parametrize(
    ("pasted", "kind", "name"),
    [
        (UC, "channel", UC),
        (f"https://www.youtube.com/channel/{UC}/videos", "channel", UC),
        ("@GoogleDevelopers", "handle", "@GoogleDevelopers"),
        ("https://www.youtube.com/@GoogleDevelopers/videos?view=0", "handle", "@GoogleDevelopers"),
        ("youtube.com/@%E3%83%86%E3%82%B9%E3%83%88", "handle", "@テスト"),
        ("https://www.youtube.com/user/GoogleDevelopers", "user", "GoogleDevelopers"),
    ],
)
def test_a_channel_is_named_by_id_handle_or_address(pasted: str, kind: Any, name: str) -> None:
    assert target(pasted) == Target(kind, name)


@pytest.mark.parametrize(
    "pasted",
    [
        "My channel",
        f"https://notyoutube.com/watch?v={ID}",
        f"https://youtube.com.evil.example/watch?v={ID}",
        f"https://evil.youtube.com/watch?v={ID}",
        f"https://www.youtube.com@evil.example/watch?v={ID}",
        f"https://evil.example/?u=https://www.youtube.com/watch?v={ID}",
        f"https://evil.example\\@www.youtube.com/watch?v={ID}",
        f"https://evil.example#@www.youtube.com/watch?v={ID}",
        f"https://notyoutu.be/{ID}",
        f"ftp://www.youtube.com/watch?v={ID}",
        f"javascript://www.youtube.com/watch?v={ID}",
        "https://[::1/watch?v=" + ID,
        "https://www.youtube.com/watch?v=tooshort",
        f"https://www.youtube.com/watch?v={ID}x",
        "https://www.youtube.com/embed/videoseries?list=PL123",
        "https://www.youtube.com/embed/live_stream?channel=UC1",
        "https://www.youtube.com/playlist?list=PL123",
        "https://www.youtube.com/c/GoogleDevelopers",
        "https://www.youtube.com/channel/UCshort",
        "https://www.youtube.com/",
        "https://www.youtube.com/feed/trending",
        f"https://www.youtube.com/redirect?q=https://youtu.be/{ID}",
    ],
)
def test_anything_else_is_refused_with_the_field_named(pasted: str) -> None:
    with pytest.raises(Invalid) as caught:
        target(pasted)
    assert list(caught.value.details) == ["targets"]


def test_playlists_and_custom_names_are_refused_with_a_way_out() -> None:
    with pytest.raises(Invalid, match="playlist"):
        target("https://www.youtube.com/playlist?list=PL123")
    with pytest.raises(Invalid, match="handle"):
        target("https://www.youtube.com/c/GoogleDevelopers")


def test_a_target_that_is_entered_twice_counts_once() -> None:
    assert wanted([ID, "", f"https://youtu.be/{ID}", "@name"]).targets == (
        Target("video", ID),
        Target("handle", "@name"),
    )


@pytest.mark.parametrize("lines", [[], [" "], [f"@name{n}" for n in range(11)]])
def test_no_target_or_too_many_are_refused(lines: list[str]) -> None:
    with pytest.raises(Invalid):
        wanted(lines)
