"""Meta's own client judges the local Graph API, and what we ask of it and make of its answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from livinglytics.lib.buckets import day_bounds, epoch
from sources.connectors.instagram import declared
from sources.connectors.instagram.days import PACIFIC
from sources.connectors.instagram.texts import COMMENT_FIELDS, POST_FIELDS
from tests.fakes import instagram_refusals as refused
from tests.fakes.instagram import TOKEN, UNTIL, InstagramFake, page
from tests.fakes.instagram_refusals import IG, Refused
from tests.sources.instagram_reading import NOW, Signed, comments, posts, reading

WHY = "facebook-business is not installed: pip install facebook-business"
api = pytest.importorskip("facebook_business.api", reason=WHY)
session = pytest.importorskip("facebook_business.session", reason=WHY)
exceptions = pytest.importorskip("facebook_business.exceptions", reason=WHY)
user = pytest.importorskip("facebook_business.adobjects.user", reason=WHY)
iguser = pytest.importorskip("facebook_business.adobjects.iguser", reason=WHY)
igmedia = pytest.importorskip("facebook_business.adobjects.igmedia", reason=WHY)
igcomment = pytest.importorskip("facebook_business.adobjects.igcomment", reason=WHY)
results = pytest.importorskip("facebook_business.adobjects.instagraminsightsresult", reason=WHY)
LAST = date(2026, 11, 17)


@pytest.fixture
def fake() -> Iterator[InstagramFake]:
    with InstagramFake(posts=40, comments=4) as running:
        yield running


@pytest.fixture
def reader(fake: InstagramFake) -> Signed:
    return reading(fake)


@pytest.fixture
def client(fake: InstagramFake, monkeypatch: pytest.MonkeyPatch) -> Any:
    look_up = socket.getaddrinfo

    def only_here(host: Any, *rest: Any, **how: Any) -> Any:
        assert host == "127.0.0.1", f"Meta's client asked for {host}"
        return look_up(host, *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    monkeypatch.setattr(session.FacebookSession, "GRAPH", fake.url)
    return api.FacebookAdsApi(session.FacebookSession(access_token=TOKEN))


@pytest.fixture
def account(client: Any) -> Any:
    return iguser.IGUser(IG, api=client)


def told(rows: Any) -> dict[str, Any]:
    """Name -> value of an answer, whichever of the two ways it is told."""
    return {
        one["name"]: one["total_value"]["value"] if "total_value" in one else one["values"][-1]["value"] for one in rows
    }


def test_metas_client_finds_the_same_account(fake: InstagramFake, client: Any, reader: Signed) -> None:
    fake.pages = [*(page(str(number), f"Page {number}") for number in range(60)), *fake.pages]
    fields = ["id", "name", "instagram_business_account{id,username}"]
    found = list(user.User("me", api=client).get_accounts(fields=fields, params={"limit": 25}))
    (account,) = [one["instagram_business_account"] for one in found if "instagram_business_account" in one]
    assert len(found) == 61
    assert (account["id"], f"@{account['username']}") == (reader.check().details["account"], reader.check().identity)


def test_metas_client_reads_the_same_posts_as_we_do(fake: InstagramFake, account: Any, reader: Signed) -> None:
    fake.publish("Grüße ⚓", at=UNTIL + 60, likes=None)
    theirs = {one["id"]: one.get("caption", "") for one in account.get_media(POST_FIELDS.split(","), {"limit": 9})}
    reader.run("posts")
    assert theirs == reader.texts("posts") == posts(fake)


def test_metas_client_reads_the_same_comments_as_we_do(
    fake: InstagramFake, client: Any, account: Any, reader: Signed
) -> None:
    newest = next(iter(fake.posts))
    for number in range(70):
        parent = fake.say(newest, f"More {number}", at=UNTIL + number)
    for number in range(60):
        fake.say(newest, f"Deep {number}", at=UNTIL + number, parent=parent)
    fields, found = COMMENT_FIELDS.split(","), {}
    for post in account.get_media(["id"], {"limit": 30}):
        for one in igmedia.IGMedia(post["id"], api=client).get_comments(fields, {"limit": 20}):
            replies = igcomment.IGComment(one["id"], api=client).get_replies(fields, {"limit": 20})
            found |= {each["id"]: each["text"] for each in [one, *replies]}
    reader.run("comments")
    assert found == reader.texts("comments") == comments(fake)


def test_metas_client_reads_the_same_numbers_of_posts_as_we_do(
    fake: InstagramFake, client: Any, reader: Signed
) -> None:
    reader.run("numbers")
    for row in reader.rows.values():
        kind = fake.posts[row["id"]].kind
        rows = igmedia.IGMedia(row["id"], api=client).get_insights(params={"metric": list(declared.POST_METRICS[kind])})
        assert told(rows) == row["values"]


def test_metas_client_reads_the_same_days_of_the_account_as_we_do(account: Any, reader: Signed) -> None:
    reader.window = (LAST - timedelta(days=3), LAST)
    reader.run("account")
    for name, row in reader.rows.items():
        start, end = day_bounds(date.fromisoformat(name), PACIFIC)
        span = {"period": ["day"], "since": epoch(start), "until": epoch(end)}
        totals = {"metric": list(declared.TOTALS.metrics), "metric_type": "total_value"}
        found = told(account.get_insights(params={**span, **totals}))
        found |= told(account.get_insights(params={**span, "metric": ["follower_count"]}))
        ours = {**declared.TOTALS.metrics, **declared.NEW_FOLLOWERS.metrics}
        assert found == {theirs: row["values"][key] for theirs, key in ours.items()}
        (follows,) = account.get_insights(
            params={
                **span,
                "metric": ["follows_and_unfollows"],
                "metric_type": "total_value",
                "breakdown": ["follow_type"],
            }
        )
        (parts,) = follows["total_value"]["breakdowns"]
        split = {one["dimension_values"][0]: one["value"] for one in parts["results"]}
        assert split == {theirs: row["values"][key] for theirs, key in declared.FOLLOWS.metrics.items()}


def test_metas_client_reads_the_same_stories_as_we_do(
    fake: InstagramFake, client: Any, account: Any, reader: Signed
) -> None:
    for back in (60, 120):
        numbers = dict.fromkeys(declared.STORY_METRICS, back)
        fake.publish(None, at=int(NOW.timestamp()) - back, kind="STORY", numbers=numbers)
    reader.one("stories")
    (row,) = reader.rows.values()
    theirs = {
        one["id"]: told(
            igmedia.IGMedia(one["id"], api=client).get_insights(params={"metric": list(declared.STORY_METRICS)})
        )
        for one in account.get_stories(["id", "timestamp"])
    }
    assert theirs == row["stories"]


@pytest.mark.parametrize(
    "why",
    [
        refused.ENDED,
        refused.APP_LIMIT,
        refused.CASE_LIMIT,
        refused.NO_RIGHT,
        refused.BUSY,
        refused.GONE,
        refused.TOO_OLD,
    ],
    ids=lambda one: f"{one.code}-{one.subcode}",
)
def test_metas_client_understands_the_refusals(fake: InstagramFake, account: Any, why: Refused) -> None:
    fake.refuse(why)
    with pytest.raises(exceptions.FacebookRequestError) as caught:
        account.get_media(["id"])
    error = caught.value
    assert (error.api_error_code(), error.http_status()) == (why.code, why.status)
    assert (error.api_error_subcode() or 0, error.api_transient_error()) == (why.subcode, why.transient)
    assert error.api_error_message() == why.message


def test_what_we_ask_of_posts_and_stories_are_names_that_meta_lists() -> None:
    listed = {value for name, value in vars(results.InstagramInsightsResult.Metric).items() if name[0] != "_"}
    assert {one for names in declared.POST_METRICS.values() for one in names} <= listed
    assert set(declared.STORY_METRICS) <= listed


def test_the_fields_that_we_ask_for_are_ones_that_meta_lists() -> None:
    def listed(kind: Any) -> set[str]:
        return {value for name, value in vars(kind.Field).items() if name[0] != "_"}

    assert set(POST_FIELDS.split(",")) <= listed(igmedia.IGMedia)
    assert {*COMMENT_FIELDS.split(","), "username"} <= listed(igcomment.IGComment)
    assert {"id", "username", "name", "followers_count", "follows_count", "media_count"} <= listed(iguser.IGUser)


def test_we_ask_the_same_paths_and_version_as_metas_client(
    fake: InstagramFake, client: Any, account: Any, reader: Signed
) -> None:
    story = fake.publish(None, at=int(NOW.timestamp()) - 60, kind="STORY")
    user.User("me", api=client).get_accounts(["id"])
    account.api_get(["id"])
    account.get_stories(["id"])
    span = {"period": ["day"], "since": int(NOW.timestamp()) - 90_000, "until": int(NOW.timestamp())}
    account.get_insights(params={**span, "metric": ["follower_count"]})
    for post in [*account.get_media(["id"]), {"id": story}]:
        media = igmedia.IGMedia(post["id"], api=client)
        media.get_insights(params={"metric": ["views"]})
        media.get_comments(["id"])
    theirs = {one.path.rstrip("/") for one in fake.seen}
    fake.reset_counts()
    for stream in ("account", "followers", "posts", "numbers", "stories", "comments"):
        reading(fake).run(stream)
    assert {one.path for one in fake.seen} <= theirs
