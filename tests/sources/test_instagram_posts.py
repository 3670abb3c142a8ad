"""Instagram's posts as documents and their numbers, and stories while they live, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from livinglytics.lib.errors import BadAnswer
from sources.connectors.instagram import posts as listing
from sources.records import Document
from tests.fakes.instagram import KINDS, TOKEN, UNTIL, InstagramFake
from tests.fakes.instagram_refusals import IG
from tests.sources.instagram_reading import DAY, NOW, Signed, posts, reading
from tests.sources.reading import CrashedError

MEDIA = f"/v26.0/{IG}/media"
TODAY = "2026-11-18"


@pytest.fixture
def fake() -> Iterator[InstagramFake]:
    with InstagramFake(posts=30, comments=1) as running:
        yield running


@pytest.fixture
def reader(fake: InstagramFake) -> Signed:
    return reading(fake)


def listed(fake: InstagramFake) -> list[dict[str, str]]:
    return [dict(one.query) for one in fake.seen if one.path == MEDIA]


# -- captions ----------------------------------------------------------------------------


def test_captions_become_documents_with_what_they_belong_to(reader: Signed, fake: InstagramFake) -> None:
    fake.publish("Grüße\nfrom the harbor ⚓", at=UNTIL + 60, kind="REELS")
    fake.publish(None, at=UNTIL + 90, likes=None)
    reader.run("posts")
    assert reader.texts("posts") == posts(fake)
    newest, second, *_ = [one for one in reader.records("posts") if isinstance(one, Document)]
    assert (newest.text, newest.extra["likes"]) == ("", None)
    assert (second.kind, second.extra["format"], second.text) == ("post", "reel", "Grüße\nfrom the harbor ⚓")
    assert second.url.startswith("https://www.instagram.com/p/")
    assert second.created_at.timestamp() == UNTIL + 60


@pytest.mark.parametrize(
    ("there", "wanted"), [(0, 50), (1, 50), (99, 200), (100, 200), (101, 200), (230, 200), (40, 7)]
)
def test_a_list_of_any_length_is_read_to_its_end_or_to_what_is_wanted(there: int, wanted: int) -> None:
    with InstagramFake(posts=there, comments=0) as fake:
        reader = reading(fake, posts=wanted)
        reader.run("posts")
        assert reader.texts("posts") == posts(fake, wanted)
        assert len(reader.rows) == min(there, wanted)
        assert "after" not in reader.state


def test_a_second_run_changes_nothing(reader: Signed) -> None:
    reader.run("posts")
    before, state = dict(reader.rows), dict(reader.state)
    reader.run("posts")
    assert (reader.rows, reader.state) == (before, state)


def test_an_edited_caption_is_edited_here(reader: Signed, fake: InstagramFake) -> None:
    reader.run("posts")
    name = min(fake.posts)
    fake.posts[name].caption = "Now open until nine"
    reader.run("posts")
    assert reader.texts("posts")[name] == "Now open until nine"


def test_a_post_that_instagram_says_is_gone_is_withdrawn(reader: Signed, fake: InstagramFake) -> None:
    reader.run("posts")
    name = list(fake.posts)[4]
    fake.drop(name)
    reader.run("posts")
    assert reader.gone("posts") == {name}
    assert reader.texts("posts") == posts(fake)


def test_a_post_that_is_only_pushed_out_by_newer_ones_stays(fake: InstagramFake) -> None:
    reader = reading(fake, posts=10)
    reader.run("posts")
    before = set(reader.texts("posts"))
    for number in range(5):
        fake.publish(f"Fresh {number}", at=UNTIL + 60 + number)
    fake.reset_counts()
    reader.run("posts")
    assert reader.gone("posts") == set()
    assert set(reader.texts("posts")) == before | set(posts(fake, 10))
    assert fake.requests == fake.hits[MEDIA] == 1


def test_an_archived_post_that_instagram_still_knows_stays(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.run("posts")
    hidden = list(fake.posts)[3]
    usual = fake._edge
    monkeypatch.setattr(
        fake, "_edge", lambda request, found: usual(request, [one for one in found if one["id"] != hidden])
    )
    reader.run("posts")
    assert reader.gone("posts") == set()
    assert hidden in reader.texts("posts")


def test_many_that_are_gone_are_asked_for_in_several_runs(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ASKED", 4)
    reader.run("posts")
    doomed = list(fake.posts)[2:12]
    for name in doomed:
        fake.drop(name)
    found = []
    for _ in range(3):
        reader.run("posts")
        found.append(len(reader.gone("posts")))
    assert found == [4, 8, 10]
    assert reader.gone("posts") == set(doomed)


@pytest.mark.parametrize("die_after", [0, 1, 2])
def test_a_run_that_was_killed_goes_on_to_the_same_rows(
    fake: InstagramFake, monkeypatch: pytest.MonkeyPatch, die_after: int
) -> None:
    monkeypatch.setattr(listing, "PAGE", 8)
    whole, reader = reading(fake), reading(fake)
    whole.run("posts")
    with pytest.raises(CrashedError):
        reader.run("posts", die_after=die_after)
    fake.reset_counts()
    reader.run("posts")
    assert (reader.rows, reader.state) == (whole.rows, whole.state)
    assert fake.hits[MEDIA] == 4 - die_after


def test_posts_that_appear_while_a_run_reads_shift_nothing(
    fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 8)
    reader, before = reading(fake), posts(fake)
    reader.run("posts", after=lambda _: fake.publish("Meanwhile", at=UNTIL + 60 + len(fake.posts)))
    assert reader.texts("posts") == before
    reader.run("posts")
    assert reader.texts("posts") == posts(fake)


def test_a_place_that_instagram_forgot_is_read_from_the_top_once(
    fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 8)
    reader = reading(fake)
    with pytest.raises(CrashedError):
        reader.run("posts", die_after=2)
    reader.state = {**reader.state, "after": "Z29uZQ=="}
    reader.run("posts")
    assert reader.texts("posts") == posts(fake)


def test_a_list_that_runs_in_circles_fails_and_is_read_from_the_top_next_time(
    fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 8)
    fake.loops = "/media"
    reader = reading(fake)
    with pytest.raises(BadAnswer, match="circle"):
        reader.run("posts")
    assert "after" not in reader.state
    fake.loops = ""
    reader.run("posts")
    assert reader.texts("posts") == posts(fake)


def test_a_list_that_says_more_follows_but_not_where_is_never_a_success(
    fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 8)
    fake.ended = "/media"
    for stream in ("posts", "numbers", "comments"):
        with pytest.raises(BadAnswer, match="more follows"):
            reading(fake).run(stream)


def test_the_token_is_in_no_address_no_row_and_no_state(fake: InstagramFake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 8)
    reader = reading(fake)
    reader.run("posts")
    assert all(TOKEN not in repr((one.path, one.query)) for one in fake.seen)
    assert TOKEN not in repr([(one.state, one.raws, one.warnings, one.progress) for one in reader.batches])


def test_a_post_that_can_not_be_kept_is_put_aside(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fake._post
    monkeypatch.setattr(
        fake, "_post", lambda one: {**usual(one), "timestamp": "soon" if one.id == min(fake.posts) else "2026-11-01"}
    )
    batch = reader.run("posts")[-1]
    assert len(batch.rejected) == 30
    assert not reader.rows


# -- numbers -----------------------------------------------------------------------------


def test_each_post_is_read_once_a_day_with_the_numbers_of_its_kind(reader: Signed, fake: InstagramFake) -> None:
    reader.run("numbers")
    found = reader.numbers("numbers")
    post, reel = fake.posts["17900000000000000"], fake.posts["17900000000000001"]
    assert post.numbers
    assert reel.numbers
    assert found["post_views", TODAY, "Harbor news 0", "post"] == post.numbers["views"]
    assert found["post_saves", TODAY, "Harbor news 1", "reel"] == reel.numbers["saved"]
    assert found["post_reach", TODAY, "Harbor news 0"] == post.numbers["reach"]
    watched = reel.numbers["ig_reels_avg_watch_time"]
    assert found["reel_watch_time", TODAY, "Harbor news 1", "reel"] == watched / 1_000
    assert len(reader.rows) == 30


def test_the_moment_of_reading_is_kept_with_the_numbers(reader: Signed) -> None:
    reader.run("numbers")
    assert {row["read_at"] for row in reader.rows.values()} == {NOW.isoformat()}


def test_the_next_day_gets_a_reading_of_its_own(reader: Signed, fake: InstagramFake) -> None:
    reader.run("numbers")
    fake.posts["17900000000000000"].numbers = {"views": 99}
    reader.now = NOW + timedelta(days=1)
    reader.run("numbers")
    found = reader.numbers("numbers")
    assert found["post_views", "2026-11-19", "Harbor news 0", "post"] == 99
    assert found["post_views", TODAY, "Harbor news 0", "post"] != 99
    assert ("post_likes", "2026-11-19", "Harbor news 0", "post") not in found


def test_a_post_keeps_its_first_name_and_two_of_one_name_are_told_apart(reader: Signed, fake: InstagramFake) -> None:
    fake.publish("Harbor news 1", at=UNTIL + 60)
    reader.run("numbers")
    names = {row["id"]: row["name"] for row in reader.rows.values()}
    assert len(set(names.values())) == 31
    fake.posts["17900000000000005"].caption = "Renamed"
    reader.now = NOW + timedelta(days=1)
    reader.run("numbers")
    assert {row["id"]: row["name"] for row in reader.rows.values()} == names


def test_a_metric_that_a_kind_of_post_does_not_have_is_found_out_once(reader: Signed, fake: InstagramFake) -> None:
    fake.lacking = {"shares"}
    reader.run("numbers")
    found = reader.numbers("numbers")
    assert "post_shares" not in {key[0] for key in found}
    assert len([key for key in found if key[0] == "post_views"]) == 30
    assert len([text for text in reader.warnings if "shares" in text]) == 2
    fake.reset_counts()
    reader.run("numbers")
    asked = [one.query["metric"] for one in fake.seen if one.path.endswith("/insights")]
    assert len(asked) == 30
    assert all("shares" not in one for one in asked)


def test_numbers_that_are_told_as_totals_only_come_too(reader: Signed, fake: InstagramFake) -> None:
    whole = reading(fake)
    whole.run("numbers")
    fake.totals = {"views"}
    reader.run("numbers")
    assert (reader.rows, reader.state, reader.warnings) == (whole.rows, whole.state, [])


def test_a_post_from_before_the_business_has_no_numbers_and_stops_nothing(reader: Signed, fake: InstagramFake) -> None:
    for number in (27, 28, 29):
        fake.posts[f"179000000000000{number}"].old = True
    reader.run("numbers")
    assert len(reader.rows) == 27
    assert [text for text in reader.warnings if text.startswith("3 × Posts from before")]


def test_a_kind_that_is_new_is_asked_what_posts_are_asked(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "LOOP", "views likes")
    name = fake.publish("A loop", at=UNTIL + 60, kind="LOOP")
    reader.run("numbers")
    (row,) = [row for row in reader.rows.values() if row["id"] == name]
    assert (set(row["values"]), row["format"]) == ({"views", "likes"}, "loop")


@pytest.mark.parametrize("die_after", [0, 1, 2])
def test_a_reading_that_was_killed_goes_on_to_the_same_rows(fake: InstagramFake, die_after: int) -> None:
    whole, reader = reading(fake), reading(fake)
    whole.run("numbers")
    with pytest.raises(CrashedError):
        reader.run("numbers", die_after=die_after)
    fake.reset_counts()
    reader.run("numbers")
    assert (reader.rows, reader.state) == (whole.rows, whole.state)
    assert len([one for one in fake.seen if "/179" in one.path]) == 30 - 10 * die_after


def test_a_reading_that_goes_on_after_midnight_keeps_its_day_but_not_for_ever(fake: InstagramFake) -> None:
    for hours, days in ((11, {TODAY}), (13, {TODAY, "2026-11-19"})):
        reader = reading(fake)
        reader.now = NOW + timedelta(hours=11)
        with pytest.raises(CrashedError):
            reader.run("numbers", die_after=1)
        reader.now += timedelta(hours=hours)
        reader.run("numbers")
        assert {row["day"] for row in reader.rows.values()} == days
        assert len({row["id"] for row in reader.rows.values() if row["day"] == max(days)}) == 30


# -- stories -----------------------------------------------------------------------------


def test_stories_are_added_up_under_the_day_they_were_published(reader: Signed, fake: InstagramFake) -> None:
    for back in (600, 1_200, 70_000):
        fake.publish(None, at=int(NOW.timestamp()) - back, kind="STORY", numbers={"views": 40, "replies": 2})
    fake.publish(None, at=int(NOW.timestamp()) - 2 * DAY, kind="STORY")
    reader.one("stories")
    assert reader.numbers("stories") == {
        ("story_count", TODAY): 2,
        ("story_views", TODAY): 80,
        ("story_replies", TODAY): 4,
        ("story_count", "2026-11-17"): 1,
        ("story_views", "2026-11-17"): 40,
        ("story_replies", "2026-11-17"): 2,
    }


def test_the_last_reading_of_a_story_stays_when_it_ends(reader: Signed, fake: InstagramFake) -> None:
    early = fake.publish(None, at=int(NOW.timestamp()) - 4 * 3_600, kind="STORY", numbers={"views": 10})
    reader.one("stories")
    fake.posts[early].numbers = {"views": 25}
    reader.one("stories")
    late = fake.publish(None, at=int(NOW.timestamp()) - 60, kind="STORY", numbers={"views": 3})
    fake.drop(early)
    reader.one("stories")
    assert reader.numbers("stories")["story_views", TODAY] == 28
    fake.now = lambda: UNTIL + 3_600.0 + 2 * DAY
    fake.drop(late)
    reader.now = NOW + timedelta(days=4)
    reader.one("stories")
    assert reader.numbers("stories")["story_views", TODAY] == 28
    assert reader.state["days"] == {}


def test_below_five_viewers_a_story_counts_and_its_numbers_are_missing(reader: Signed, fake: InstagramFake) -> None:
    fake.publish(None, at=int(NOW.timestamp()) - 60, kind="STORY", numbers=None)
    reader.one("stories")
    assert reader.numbers("stories") == {("story_count", TODAY): 1}


def test_a_story_that_ends_while_it_is_read_stops_nothing(reader: Signed, fake: InstagramFake) -> None:
    kept = fake.publish(None, at=int(NOW.timestamp()) - 60, kind="STORY", numbers={"views": 9})
    fake.publish(None, at=int(NOW.timestamp()) - 90, kind="STORY", numbers={"views": 9})
    usual = fake._of_account

    def ends(request: object, node: str, edge: str) -> object:
        answer = usual(request, node, edge)  # type: ignore[arg-type]
        for name in [name for name, one in fake.posts.items() if edge == "stories" and one.kind == "STORY"]:
            if name != kept:
                fake.drop(name)
        return answer

    fake._of_account = ends  # type: ignore[method-assign]
    reader.one("stories")
    assert reader.numbers("stories") == {("story_count", TODAY): 1, ("story_views", TODAY): 9}
