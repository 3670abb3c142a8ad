"""Google's own client, and its description of the service, judge the local YouTube and what we ask of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from tests.fakes import youtube as refused
from tests.fakes.youtube import CHANNEL, HANDLE, KEY, ROOT, YouTubeFake
from tests.sources.youtube_reading import Reader, truth

google = pytest.importorskip(
    "googleapiclient.discovery",
    reason="google-api-python-client is not installed: pip install google-api-python-client",
)


@pytest.fixture
def fake() -> Iterator[YouTubeFake]:
    with YouTubeFake(videos=12, threads=30) as running:
        yield running


@pytest.fixture
def client(fake: YouTubeFake) -> Any:
    options = {"api_endpoint": fake.url}
    return google.build("youtube", "v3", developerKey=KEY, static_discovery=True, client_options=options)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    folder = resources.files("googleapiclient") / "discovery_cache" / "documents"
    return dict(json.loads((folder / "youtube.v3.json").read_text(encoding="utf-8")))


def everything(resource: Any, **params: Any) -> Iterator[dict[str, Any]]:
    request = resource.list(**params)
    while request is not None:
        answer = request.execute()
        yield from answer.get("items", [])
        request = resource.list_next(request, answer)


def test_googles_client_reads_the_same_comments_as_we_do(fake: YouTubeFake, client: Any) -> None:
    (channel,) = client.channels().list(part="contentDetails", forHandle=HANDLE).execute()["items"]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    items = everything(client.playlistItems(), part="contentDetails", playlistId=uploads, maxResults=5)
    videos = [one["contentDetails"]["videoId"] for one in items]
    found: dict[str, str] = {}
    for video in videos:
        how = {"part": "snippet,replies", "videoId": video, "textFormat": "plainText", "order": "time"}
        for thread in everything(client.commentThreads(), **how):
            top = thread["snippet"]["topLevelComment"]
            replies = thread.get("replies", {}).get("comments", [])
            if thread["snippet"]["totalReplyCount"] > len(replies):
                replies = list(
                    everything(client.comments(), part="snippet", parentId=top["id"], textFormat="plainText")
                )
            found |= {one["id"]: one["snippet"]["textDisplay"] for one in [top, *replies]}
    reader = Reader(fake)
    reader.run()
    assert found == reader.texts == truth(fake)
    assert videos == list(fake.videos)


def test_googles_client_reads_the_same_counters_as_we_do(fake: YouTubeFake, client: Any) -> None:
    fake.videos["vid-0000003"].likes = None
    answer = client.videos().list(part="snippet,statistics", id=",".join(fake.videos)).execute()
    names = {"viewCount": "views", "likeCount": "likes", "commentCount": "comments"}
    theirs = {
        (names[counter], one["snippet"]["title"]): float(value)
        for one in answer["items"]
        for counter, value in one["statistics"].items()
        if counter in names
    }
    reader = Reader(fake)
    reader.run("videos")
    assert reader.numbers == theirs


@pytest.mark.parametrize(
    "why",
    [refused.QUOTA, refused.PER_DAY, refused.BAD_KEY, refused.OFF, refused.NO_VIDEO, refused.OLD_TOKEN],
    ids=lambda one: one.reason,
)
def test_googles_client_understands_the_refusals(fake: YouTubeFake, client: Any, why: refused.Refused) -> None:
    fake.refuse(why)
    with pytest.raises(google.HttpError) as caught:
        client.commentThreads().list(part="snippet", videoId="vid-0000000").execute()
    assert caught.value.status_code == why.status
    assert caught.value.reason == why.message
    assert why.reason in repr(caught.value.error_details) or why.details


def test_the_answers_have_the_shape_that_google_describes(fake: YouTubeFake, document: dict[str, Any]) -> None:
    asked = {
        "channels": {"part": "snippet,contentDetails", "forHandle": HANDLE},
        "playlistItems": {"part": "contentDetails", "playlistId": "UU" + CHANNEL[2:]},
        "videos": {"part": "snippet,statistics", "id": "vid-0000000"},
        "commentThreads": {"part": "snippet,replies", "videoId": "vid-0000000"},
        "comments": {"part": "snippet", "parentId": next(iter(fake.comments))},
    }
    for resource, query in asked.items():
        method = document["resources"][resource]["methods"]["list"]
        assert method["path"] == ROOT.strip("/") + "/" + resource
        answer = fake.answer(refused.Request("GET", ROOT + resource, {"key": KEY, **query}, {}))
        assert answer.status == 200
        judge(json.loads(answer.body), {"$ref": method["response"]["$ref"]}, document, resource)


def judge(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> None:
    """Every field is one that Google describes, and of its type."""
    if "$ref" in schema:
        schema = document["schemas"][schema["$ref"]]
    if schema.get("type") == "array":
        for one in value:
            judge(one, schema["items"], document, where)
    elif schema.get("type") == "object":
        known = schema.get("properties", {})
        for name, one in value.items():
            assert name in known, f"{where}.{name} is not described"
            judge(one, known[name], document, f"{where}.{name}")
    else:
        kinds = {"string": str, "integer": int, "boolean": bool, "any": object}
        assert isinstance(value, kinds[schema["type"]]), f"{where} is {value!r}"


def test_we_ask_only_what_google_describes(fake: YouTubeFake, document: dict[str, Any]) -> None:
    reader = Reader(fake)
    reader.run()
    reader.run("videos")
    assert {one.path for one in fake.seen} == {
        ROOT + name for name in ("channels", "playlistItems", "videos", "commentThreads", "comments")
    }
    for request in fake.seen:
        described = document["resources"][request.path.removeprefix(ROOT)]["methods"]["list"]["parameters"]
        assert set(request.query) <= set(described)
        for name, value in request.query.items():
            how = described[name]
            assert value in how.get("enum", [value])
            if how["type"] == "integer":
                assert int(how["minimum"]) <= int(value) <= int(how["maximum"])
