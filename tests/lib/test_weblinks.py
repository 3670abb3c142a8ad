"""Addresses as people paste them."""

from __future__ import annotations

import pytest

from livinglytics.lib.weblinks import weblink, weblinks


@pytest.mark.parametrize(
    ("pasted", "host", "path"),
    [
        ("https://www.amazon.de/dp/B0ABCDEFGH", "www.amazon.de", "/dp/B0ABCDEFGH"),
        ("WWW.Amazon.DE/dp/B0ABCDEFGH/", "www.amazon.de", "/dp/B0ABCDEFGH/"),
        ("https://www.amazon.de.:443/dp/B0ABCDEFGH#reviews", "www.amazon.de", "/dp/B0ABCDEFGH"),
        ("https://someone:secret@amazon.de/dp/x", "amazon.de", "/dp/x"),
        ("Look at this: <https://yelp.com/biz/caf%C3%A9-nord>, please", "yelp.com", "/biz/café-nord"),
        ("https://example.com/a%252Fb", "example.com", "/a%2Fb"),
        ("Have you seen https://example.com/a?!", "example.com", "/a"),
        ("[Portal](https://example.com/a_(b)/c)", "example.com", "/a_(b)/c"),
        ('an "https://example.com/a", and so on', "example.com", "/a"),
        ("steam://run/620//-novid", "run", "/620//-novid"),
    ],
)
def test_an_address_is_found_and_read_in_its_parts(pasted: str, host: str, path: str) -> None:
    link = weblink(pasted)
    assert link is not None
    assert (link.host, link.path) == (host, path)
    assert "secret" not in link.url
    assert "#" not in link.url


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "nothing here",
        "ftp://example.com/x",
        "javascript:alert(1)",
        "https://exa\\mple.com/",
        "https://[::1",
        "steam://x.example/1",
    ],
)
def test_a_text_without_an_address_has_none(pasted: str) -> None:
    assert weblink(pasted) is None


def test_every_address_of_a_text_is_found_those_with_a_scheme_first() -> None:
    found = weblinks(
        "e.g. two.example/x, (https://one.example/?u=https://inner.example/&a[]=1) or http://three.example."
    )
    assert [one.url for one in found] == [
        "https://one.example/?u=https://inner.example/&a[]=1",
        "http://three.example",
        "https://e.g",
        "https://two.example/x",
    ]


def test_the_first_of_two_values_counts_and_names_without_one_are_kept() -> None:
    link = weblink("https://youtube.com/watch?v=one&v=two&si")
    assert link is not None
    assert link.query == {"v": "one", "si": ""}


@pytest.mark.parametrize("host", ["notamazon.com", "amazon.com.evil.example", "amazon.co"])
def test_a_look_alike_is_not_within_a_domain(host: str) -> None:
    link = weblink(f"https://{host}/dp/B0ABCDEFGH")
    assert link is not None
    assert not link.within("amazon.com")
