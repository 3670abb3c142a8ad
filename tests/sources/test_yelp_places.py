"""What people paste as a business on Yelp, and what only looks like one."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from livinglytics.lib.errors import Invalid
from sources.connectors.yelp.places import place
from tests.fakes.yelp import ALIAS, ID


@pytest.mark.parametrize(
    "pasted",
    [
        ALIAS,
        quote(ALIAS),
        f"https://www.yelp.com/biz/{quote(ALIAS)}",
        f"https://www.yelp.com/biz/{ALIAS}?osq=cake#reviews",
        f"http://m.yelp.co.uk/biz/{ALIAS}/",
        f"fr.yelp.ca/biz/{ALIAS}",
        f"https://zh.yelp.com.hk/biz_photos/{ALIAS}?select=x",
        f"HTTPS://WWW.YELP.COM.:443/biz/{ALIAS}",
        f"Look: <https://yelp.com/biz/{ALIAS}> nice",
        f"https://www.yelp.com/biz/cafe%CC%81{ALIAS[4:]}",
    ],
)
def test_every_form_of_a_yelp_address_leads_to_the_alias(pasted: str) -> None:
    assert place(pasted) == ALIAS


@pytest.mark.parametrize(
    "pasted",
    [
        f"  {ID} ",
        f"https://www.yelp.com/biz/{ID}",
        f"https://www.yelp.com/writeareview/biz/{ID}?return_url=x",
        f"https://www.yelp.com/biz_redir?url=https%3A%2F%2Fx.example&src_bizid={ID}",
    ],
)
def test_an_id_is_kept_as_it_is(pasted: str) -> None:
    assert place(pasted) == ID


@pytest.mark.parametrize(
    "pasted",
    [
        *("", "two words", "yelp.com", "notyelp.com", "https://www.yelp.com/", "https://www.yelp.com/biz/"),
        *("https://notyelp.com/biz/x", "https://yelp.com.evil.example/biz/x", "https://evil.yelp.com/biz/x"),
        *("https://www.yelp.com@evil.example/biz/x", "https://evil.example/?u=https://yelp.com/biz/x"),
        *("https://evil.example\\@yelp.com/biz/x", "https://yelp.evil/biz/x", "https://yelp.co/biz/x"),
        *("ftp://yelp.com/biz/x", "javascript://yelp.com/biz/x", "https://[::1/biz/x", "https://yelp.to/abc"),
        *("https://yelp.com/biz/a%252Fb", "https://yelp.com/biz/..%2F..", "https://yelp.com/biz/..", "caf%C3", "a%00b"),
        *("https://yelp.com/biz_redir?url=x", "https://yelp.com/biz_redir?src_bizid=..%2Fx", "https://yelp.com/user/x"),
    ],
)
def test_look_alikes_and_anything_else_are_refused_with_the_field_named(pasted: str) -> None:
    with pytest.raises(Invalid) as caught:
        place(pasted)
    assert list(caught.value.details) == ["business"]
