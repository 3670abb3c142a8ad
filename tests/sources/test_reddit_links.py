"""Which addresses lead to a community or post on Reddit, and what the others are told."""

from __future__ import annotations

import pytest

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import weblink
from sources.connectors._base import Recognised, Unread
from sources.connectors.reddit.targets import Target, named, target, wanted
from tests.sources.reddit_reading import REDDIT

ID = "1abcd2e"
POST, COMMUNITY = f"t3_{ID}", "r/django"


def recognised(pasted: str) -> Recognised | Unread | None:
    link = weblink(pasted)
    return REDDIT.recognise(link) if link else None


POSTS = [
    f"https://www.reddit.com/r/django/comments/{ID}/a_slug/",
    f"https://www.reddit.com/r/Django/comments/{ID}",
    f"https://www.reddit.com/r/django/comments/{ID}/a_slug/k9xyz12/?context=3",
    f"https://www.reddit.com/r/django/comments/{ID}/comment/k9xyz12/",
    f"HTTPS://WWW.REDDIT.COM/r/DJANGO/comments/{ID.upper()}/A_SLUG/",
    f"http://old.reddit.com/r/django/comments/{ID}/a_slug/.compact",
    f"https://old.reddit.com/r/django/comments/{ID}/.json?limit=3",
    f"https://old.reddit.com/r/django/comments/{ID}.json",
    *(f"https://{one}.reddit.com/r/django/comments/{ID}/" for one in ("new", "np", "m", "i", "sh", "amp")),
    f"reddit.com/r/django/comments/{ID}/?utm_source=share&utm_medium=ios_app&utm_name=iossmf",
    f"www.reddit.com/r/django/comments/{ID}/?share_id=abc&rdt=41234",
    f"https://www.reddit.com./r/django/comments/{ID}/",
    f"https://www.reddit.com:443/r/django/comments/{ID}/#comments",
    f"https://someone:secret@www.reddit.com/r/django/comments/{ID}/",
    f"https://www.reddit.com//r//django//comments//{ID}//",
    f"https://www.reddit.com/%72/django/comments/{ID}/",
    f"https://www.reddit.com/r/django/comments/{ID}/%C3%BCber_%F0%9F%98%80/",
    f"https://www.reddit.com/comments/{ID}",
    f"https://www.reddit.com/comments/{ID}/a_slug/",
    f"https://www.reddit.com/gallery/{ID}",
    f"https://www.reddit.com/tb/{ID}",
    f"https://redd.it/{ID}",
    f"redd.it/{ID}/",
    f"Look at this: <https://redd.it/{ID}>, please",
    f"https://www.reddit.com/r/u_ada/comments/{ID}/mine/",
]


@pytest.mark.parametrize("pasted", POSTS)
def test_every_form_of_a_posts_address_leads_to_the_post(pasted: str) -> None:
    found = recognised(pasted)
    assert isinstance(found, Recognised)
    assert (found.kind, found.external_id) == ("post", POST)
    assert found.config == {"targets": [f"https://www.reddit.com/comments/{ID}/"]}
    assert target(pasted).name == ID


def test_a_posts_address_tells_its_community_where_that_is_known() -> None:
    shown = {found.url for pasted in POSTS if isinstance(found := recognised(pasted), Recognised)}
    assert shown == {
        f"https://www.reddit.com/r/django/comments/{ID}/",
        f"https://www.reddit.com/comments/{ID}/",
    }


@pytest.mark.parametrize(
    "pasted",
    [
        "https://www.reddit.com/r/django",
        "https://www.reddit.com/r/django/",
        "https://www.reddit.com/r/Django/new/",
        "https://www.reddit.com/r/django/top/?t=all",
        *(f"https://www.reddit.com/r/django/{one}" for one in ("hot", "best", "rising", "controversial", "about")),
        "https://old.reddit.com/r/django/comments/",
        "https://old.reddit.com/r/django.json",
        "https://old.reddit.com/r/django/.rss",
        "https://m.reddit.com/r/django/?utm_source=share",
        "https://www.reddit.com/r/django/search?q=x",
        "REDDIT.COM/R/DJANGO",
        "reddit.com/r/django",
    ],
)
def test_every_form_of_a_communitys_address_leads_to_the_community(pasted: str) -> None:
    found = recognised(pasted)
    assert found == Recognised("community", COMMUNITY, "https://www.reddit.com/r/django/", {"targets": [COMMUNITY]})
    assert target(pasted) == Target("community", "django")


@pytest.mark.parametrize(
    "pasted",
    [
        "https://www.reddit.com/r/django/s/AbC123xYz9",
        "https://reddit.com/r/Django/s/AbC123xYz9?utm_source=x",
        "https://www.reddit.com/u/ada/s/AbC123xYz9",
        "https://v.redd.it/abc123def",
        "https://v.redd.it/abc123def/DASH_720.mp4",
    ],
)
def test_an_address_that_only_points_to_another_has_to_be_followed(pasted: str) -> None:
    found = recognised(pasted)
    assert isinstance(found, Unread)
    assert found.short
    with pytest.raises(Invalid):
        target(pasted)


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("https://www.reddit.com/user/ada", "Profiles"),
        ("https://www.reddit.com/u/ada/comments/", "Profiles"),
        ("https://www.reddit.com/user/ada/comments/1abcd2e/mine/", "Profiles"),
        ("https://www.reddit.com/r/u_ada/", "Profiles"),
        ("https://i.redd.it/abc123.jpg", "image"),
        ("https://preview.redd.it/abc123.jpg?width=640", "image"),
        ("https://www.reddit.com/r/django+flask/", "mix"),
        ("https://www.reddit.com/r/all", "mix"),
        ("https://www.reddit.com/r/popular/top", "mix"),
        ("https://www.reddit.com/", "no community or post"),
        ("https://www.reddit.com/r/", "no community or post"),
        ("https://www.reddit.com/r/x/", "no community or post"),
        ("https://www.reddit.com/r/_django/", "no community or post"),
        (f"https://www.reddit.com/r/{'x' * 22}/", "no community or post"),
        ("https://www.reddit.com/r/dj%C3%A4ngo/", "no community or post"),
        ("https://www.reddit.com/r/%2564jango/", "no community or post"),
        ("https://www.reddit.com/r/django/wiki/index", "no community or post"),
        ("https://www.reddit.com/r/django/s/", "no community or post"),
        ("https://www.reddit.com/r/django/comments/not-an-id/", "no community or post"),
        ("https://www.reddit.com/comments/", "no community or post"),
        ("https://www.reddit.com/gallery/", "no community or post"),
        ("https://www.reddit.com/settings", "no community or post"),
        ("https://redd.it/", "no community or post"),
        ("https://redd.it/r/django", "no community or post"),
    ],
)
def test_other_pages_of_reddit_are_told_what_to_paste_instead(pasted: str, words: str) -> None:
    found = recognised(pasted)
    assert isinstance(found, Unread)
    assert words in found.message
    assert not found.short
    with pytest.raises(Invalid) as caught:
        target(pasted)
    assert list(caught.value.details) == ["targets"]


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://notreddit.com/r/django/comments/{ID}/",
        f"https://reddit.com.evil.example/r/django/comments/{ID}/",
        f"https://evil.reddit.com/r/django/comments/{ID}/",
        f"https://www.reddit.com@evil.example/r/django/comments/{ID}/",
        f"https://evil.example/?u=https://www.reddit.com/r/django/comments/{ID}/",
        f"https://evil.example#@www.reddit.com/r/django/comments/{ID}/",
        f"https://evil.example\\@www.reddit.com/r/django/comments/{ID}/",
        f"https://reddit.co/r/django/comments/{ID}/",
        f"https://xredd.it/{ID}",
        f"https://redd.it.evil.example/{ID}",
        f"https://a.v.redd.it/{ID}",
        f"https://r\u0435ddit.com/r/django/comments/{ID}/",
        f"ftp://www.reddit.com/r/django/comments/{ID}/",
        f"steam://www.reddit.com/r/django/comments/{ID}/",
        f"javascript://www.reddit.com/r/django/comments/{ID}/",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    ],
)
def test_an_address_of_somebody_else_is_not_reddits(pasted: str) -> None:
    assert recognised(pasted) is None
    with pytest.raises(Invalid):
        target(pasted)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r/django", Target("community", "django")),
        (" /r/Django/ ", Target("community", "django")),
        ("R/DJANGO", Target("community", "django")),
        (f"t3_{ID}", Target("post", ID)),
        (f"r/django/comments/{ID}/slug", Target("post", ID, "django")),
    ],
)
def test_a_bare_name_is_enough_where_reddit_was_chosen(text: str, expected: Target) -> None:
    assert target(text) == expected
    found = named(text)
    assert found is not None
    assert found.config == {"targets": [expected.text]}
    assert target(found.config["targets"][0]).name == expected.name


@pytest.mark.parametrize(
    "text", ["django", "My community", "t1_abc", "t3_", "r/", "r/all", "u/ada", "", "https://[::1"]
)
def test_a_text_that_names_nothing_is_refused_with_the_field_named(text: str) -> None:
    assert named(text) is None
    with pytest.raises(Invalid) as caught:
        target(text)
    assert list(caught.value.details) == ["targets"]


def test_a_target_that_is_entered_twice_counts_once_and_communities_come_first() -> None:
    found = wanted(
        [f"redd.it/{ID}", "", "r/Django", f"https://www.reddit.com/r/x1/comments/{ID}/", "reddit.com/r/django"]
    )
    assert [one.text for one in found.targets] == ["r/django", f"https://www.reddit.com/comments/{ID}/"]


@pytest.mark.parametrize("lines", [[], [" "], [f"r/name{n}" for n in range(21)], [f"t3_{n}" for n in range(51)]])
def test_no_target_or_too_many_are_refused(lines: list[str]) -> None:
    with pytest.raises(Invalid):
        wanted(lines)
