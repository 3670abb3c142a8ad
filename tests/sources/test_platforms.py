"""What people paste to watch something: whose address it is, and what it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import Invalid
from livinglytics.lib.registry import Registry
from livinglytics.lib.weblinks import Weblink
from sources import platforms
from sources.connectors import connectors
from sources.connectors._base import Connector, Recognised, Unread
from sources.connectors.google_places.places import place as google_place
from sources.connectors.steam.text import app_id
from sources.connectors.trustpilot.target import domain_of
from sources.connectors.yelp.places import place as yelp_business
from sources.connectors.youtube.targets import wanted
from sources.platforms import Found, ShortLink, known, recognise

VIDEO, CHANNEL = "dQw4w9WgXcQ", "UC_x5XG1OV2P6uZZ5FSM9Ttw"
PLACE = "ChIJN1t_tDeuEmsRUsoyG83frY4"
ALIAS, BUSINESS = "café-zum-test-berlin-2", "W8UK02sxAG4O7l-t1ubbwV"
PORTAL = "https://store.steampowered.com/app/620"
TABLE: list[tuple[str, str, str, str, list[str]]] = [
    (
        *("steam", "game", "620", PORTAL),
        [
            *(PORTAL, f"{PORTAL}/", f"{PORTAL}/Portal_2/?snr=1_4_4__118&utm_source=x#reviews"),
            *("store.steampowered.com/app/620", "HTTPS://STORE.STEAMPOWERED.COM/app/620"),
            *("https://store.steampowered.com./app/620", "https://me:pw@store.steampowered.com:443/app/620"),
            "https://store.steampowered.com/app/620/%E3%83%9D%E3%83%BC%E3%82%BF%E3%83%AB",
            *("https://store.steampowered.com/agecheck/app/620/", "https://store.steampowered.com/news/app/620/view/1"),
            *("https://steamcommunity.com/app/620/reviews/", "https://steamcommunity.com/app/620/discussions/"),
            *("https://steamcommunity.com/games/620/announcements", "https://steamdb.info/app/620/charts/"),
            *("https://s.team/a/620", "s.team/a/620?utm_campaign=share"),
            *(
                "steam://store/620",
                "steam://run/620//-novid",
                "STEAM://STORE/620",
                f"{PORTAL.replace('620', '000620')}",
            ),
            *(f"Look e.g. at this: {PORTAL}, it is great!", f"Try <{PORTAL}>.", f"[Portal]({PORTAL})", f"“{PORTAL}”"),
        ],
    ),
    (
        *("youtube", "video", VIDEO, f"https://www.youtube.com/watch?v={VIDEO}"),
        [
            f"https://www.youtube.com/watch?v={VIDEO}",
            f"https://m.youtube.com/watch?app=desktop&list=PL123&v={VIDEO}&t=12s&lc=UgxAbc#x",
            *(f"https://music.youtube.com/watch?v={VIDEO}&si=abc", f"gaming.youtube.com/watch?v={VIDEO}"),
            *(f"https://youtu.be/{VIDEO}?si=abcdefgh", f"youtu.be/{VIDEO}/", f"HTTP://YOUTU.BE./{VIDEO}"),
            *(f"https://www.youtube.com/shorts/{VIDEO}?feature=share", f"https://www.youtube.com/live/{VIDEO}"),
            *(f"https://www.youtube.com/embed/{VIDEO}", f"https://www.youtube-nocookie.com/embed/{VIDEO}"),
            *(f"https://www.youtube.com/v/{VIDEO}", f"https://www.youtube.com/e/{VIDEO}"),
            f"https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3D{VIDEO}%26feature%3Dshare",
            f"Have you seen https://youtu.be/{VIDEO}?",
        ],
    ),
    (
        *("youtube", "channel", CHANNEL, f"https://www.youtube.com/channel/{CHANNEL}"),
        [f"https://www.youtube.com/channel/{CHANNEL}/videos?si=x", f"m.youtube.com/channel/{CHANNEL}"],
    ),
    (
        *("youtube", "channel", "@テスト", "https://www.youtube.com/@テスト"),
        ["https://www.youtube.com/@テスト/videos?view=0", "youtube.com/@%E3%83%86%E3%82%B9%E3%83%88"],
    ),
    (
        *("youtube", "channel", "user/somebody", "https://www.youtube.com/user/somebody"),
        ["https://www.youtube.com/user/somebody/about"],
    ),
    (
        *("trustpilot", "business", "example.com", "https://www.trustpilot.com/review/example.com"),
        [
            *("https://www.trustpilot.com/review/example.com", "trustpilot.com/review/example.com/"),
            "https://www.trustpilot.com/review/example.com?page=2&languages=all&utm_medium=x",
            *("HTTPS://DE.TRUSTPILOT.COM/review/example.com", "https://fr-be.trustpilot.com./review/example.com/x"),
            *("https://uk.trustpilot.com/evaluate/example.com", "Us: https://www.trustpilot.com/review/example.com."),
        ],
    ),
    (
        *("trustpilot", "business", "www.example.com", "https://www.trustpilot.com/review/www.example.com"),
        ["https://www.trustpilot.com/review/www.example.com"],
    ),
    (
        *("trustpilot", "business", "müller.de", "https://www.trustpilot.com/review/müller.de"),
        ["https://www.trustpilot.com/review/m%C3%BCller.de", "https://at.trustpilot.com/review/müller.de"],
    ),
    (
        *("yelp", "business", ALIAS, f"https://www.yelp.com/biz/{ALIAS}"),
        [
            *(f"https://www.yelp.com/biz/{ALIAS}", f"https://www.yelp.com/biz/{quote(ALIAS)}?hrid=x&utm_source=y#z"),
            *(f"http://m.yelp.co.uk/biz/{ALIAS}/", f"fr.yelp.ca/biz/{ALIAS}", f"HTTPS://WWW.YELP.COM./biz/{ALIAS}"),
            *(f"https://zh.yelp.com.hk/biz_photos/{ALIAS}?select=x", f"https://www.yelp.com/biz/cafe%CC%81{ALIAS[4:]}"),
            f"https://www.yelp.com/biz/{ALIAS.upper().replace('É', quote('É'))}",
        ],
    ),
    (
        *("yelp", "business", BUSINESS, f"https://www.yelp.com/biz/{BUSINESS}"),
        [
            *(f"https://www.yelp.de/biz/{BUSINESS}", f"https://www.yelp.com/writeareview/biz/{BUSINESS}?return_url=x"),
            f"https://www.yelp.com/biz_redir?url=https%3A%2F%2Fx.example&src_bizid={BUSINESS}",
        ],
    ),
    (
        *("google", "business", PLACE, f"https://www.google.com/maps/place/?q=place_id:{PLACE}"),
        [
            f"https://search.google.com/local/writereview?placeid={PLACE}",
            f"https://www.google.de/maps/search/?api=1&query=Caf%C3%A9&query_place_id={PLACE}&utm_source=x",
            *(f"www.google.co.uk/maps/place/?q=place_id:{PLACE}", f"HTTPS://MAPS.GOOGLE.COM./?place_id={PLACE}"),
            f"https://www.google.com/maps/place/X/@1,2,3z/data=!3m1!4b1!4m6!3m5!1s0x1:0x2!19s{PLACE}?entry=ttu",
            f"https://www.google.com/maps/place/X/data=%213m1%214b1%2119s{PLACE}",
            f"See (https://www.google.fr/maps/place/?q=place_id:{PLACE}).",
        ],
    ),
]
EVERY = [(row[:4], pasted) for row in TABLE for pasted in row[4]]
NAMED = {"google": "Google", "steam": "Steam", "trustpilot": "Trustpilot", "yelp": "Yelp", "youtube": "YouTube"}


def refused(pasted: str, platform: str = "") -> Invalid:
    with pytest.raises(Invalid) as caught:
        recognise(pasted, platform)
    assert caught.value.details == {"url": [caught.value.message]}
    return caught.value


@pytest.mark.parametrize(("row", "pasted"), EVERY, ids=[pasted for _, pasted in EVERY])
@pytest.mark.parametrize("chosen", [False, True], ids=["any", "chosen"])
def test_every_way_of_writing_an_address_leads_to_the_same_thing(
    row: tuple[str, str, str, str], pasted: str, chosen: bool
) -> None:
    platform, kind, external_id, url = row
    found = recognise(pasted, platform if chosen else "")
    assert (found.platform, connectors.get(found.connector).platform) == (platform, platform)
    assert (found.target.kind, found.target.external_id) == (kind, external_id)
    assert found.target.url.lower() == url.lower()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[2])
def test_the_settings_that_are_given_are_read_back_as_the_same_thing(row: tuple[str, str, str, str, list[str]]) -> None:
    config = recognise(row[4][0]).target.config
    name, value = next(iter(config.items()))
    again: dict[str, Any] = {
        "app": lambda: str(app_id(value)),
        "targets": lambda: wanted(value).targets[0].name.removeprefix("user/"),
        "domain": lambda: domain_of(value),
        "business": lambda: yelp_business(value),
        "place": lambda: google_place(value),
    }
    assert list(config) == [name]
    assert again[name]() == row[2].removeprefix("user/")


def test_a_handle_and_a_user_name_are_the_same_in_capitals_and_what_a_service_holds_apart_stays_apart() -> None:
    def name(pasted: str) -> str:
        return recognise(pasted).target.external_id

    assert name("https://youtube.com/@Some.Body") == name("https://youtube.com/@some.body")
    assert name("https://youtube.com/user/SomeBody") == name("https://youtube.com/user/somebody")
    assert name("https://trustpilot.com/review/Example.com") == name("https://trustpilot.com/review/example.com")
    assert name("https://youtube.com/@somebody") != name("https://youtube.com/user/somebody")
    assert name("https://trustpilot.com/review/example.com") != name("https://trustpilot.com/review/www.example.com")
    assert name(f"https://youtu.be/{VIDEO}") != name(f"https://youtu.be/{VIDEO.lower()}")
    assert name(f"https://yelp.com/biz/{BUSINESS}") != name(f"https://yelp.com/biz/{BUSINESS.lower()}")


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("https://store.steampowered.com/sub/7877/", "Packages and bundles"),
        ("https://store.steampowered.com/bundle/234/Valve/", "Packages and bundles"),
        ("https://steamdb.info/sub/7877/", "Packages and bundles"),
        ("https://store.steampowered.com/app/0", "not lead to a game"),
        ("https://store.steampowered.com/app/4294967296", "not lead to a game"),
        ("https://store.steampowered.com/app%252F620", "not lead to a game"),
        ("https://steamcommunity.com/id/somebody", "not lead to a game"),
        ("steam://install/620", "not lead to a game"),
        ("https://www.youtube.com/playlist?list=PL123", "playlist"),
        ("https://www.youtube.com/embed/videoseries?list=PL123", "playlist"),
        ("https://www.youtube.com/c/Somebody", "copy the handle"),
        ("https://www.youtube.com/", "looks like @name"),
        ("https://www.youtube.com/feed/trending", "looks like @name"),
        (f"https://www.youtube.com/watch?v={VIDEO}x", "looks like @name"),
        (f"https://www.youtube.com/redirect?q=https://youtu.be/{VIDEO}", "looks like @name"),
        (f"https://www.youtube.com/shorts%252F{VIDEO}", "looks like @name"),
        ("https://www.youtube.com/attribution_link?u=https://evil.example/watch", "looks like @name"),
        ("https://www.trustpilot.com/reviews/6700000000000000000000aa", "one review"),
        ("https://www.trustpilot.com/review/example%252Ecom", "not a company's page"),
        ("https://www.trustpilot.com/categories/shop", "not a company's page"),
        ("https://www.yelp.com/biz/a%252Fb", "not the page of a business"),
        ("https://www.yelp.com/biz/a%2Fb", "not the page of a business"),
        ("https://www.yelp.com/biz/caf%C3", "not the page of a business"),
        ("https://www.yelp.com/biz/cafe%E2%80%A6", "not the page of a business"),
        ("https://www.yelp.com/user_details?userid=x", "not the page of a business"),
        ("https://www.yelp.com/", "not the page of a business"),
        ("https://www.google.com/maps/place/Caf%C3%A9/@1,2,3z", "begins with ChIJ"),
        ("https://maps.google.com/?cid=1234567890", "begins with ChIJ"),
        ("https://maps.google.com/?ftid=0x1:0x2", "begins with ChIJ"),
        ("https://www.google.com/maps/place/X/data=!4m2!3m1!1s0x1:0x2!16s%2Fg%2F11abc", "begins with ChIJ"),
        (f"https://www.google.com/maps?q=place_id%253A{PLACE}", "begins with ChIJ"),
        ("https://g.co/kgs/abc", "begins with ChIJ"),
    ],
)
def test_what_is_there_but_cannot_be_watched_is_refused_in_the_connectors_own_words(pasted: str, words: str) -> None:
    for error in (refused(pasted), refused(f"Look at {pasted} please")):
        assert words in error.message
        assert not isinstance(error, ShortLink)


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        ("https://maps.app.goo.gl/AbC123?g_st=ic", "https://maps.app.goo.gl/AbC123?g_st=ic"),
        ("goo.gl/maps/AbC123", "https://goo.gl/maps/AbC123"),
        ("Us: HTTPS://G.PAGE/r/AbC123/review.", "https://g.page/r/AbC123/review"),
        ("https://share.google/AbC123", "https://share.google/AbC123"),
        ("https://yelp.to/AbC123", "https://yelp.to/AbC123"),
    ],
)
def test_a_short_link_is_handed_back_to_be_followed(pasted: str, url: str) -> None:
    error = refused(pasted)
    assert isinstance(error, ShortLink)
    assert error.url == url
    assert "short link" in error.message


@pytest.mark.parametrize(
    "pasted",
    [
        *("https://notsteampowered.com/app/620", "https://store.steampowered.com.evil.example/app/620"),
        *("https://mystore.steampowered.com/app/620", "https://xs.team/a/620", "https://notsteamdb.info/app/620"),
        *("https://store.steampowered.com@evil.example/app/620", f"https://evil.example/?u={PORTAL}"),
        *(f"https://notyoutube.com/watch?v={VIDEO}", f"https://youtube.com.evil.example/watch?v={VIDEO}"),
        *(
            f"https://evil.youtube.com/watch?v={VIDEO}",
            f"https://notyoutu.be/{VIDEO}",
            f"https://youtu.be.evil.example/{VIDEO}",
        ),
        f"https://evil.example#@www.youtube.com/watch?v={VIDEO}",
        *("https://nottrustpilot.com/review/example.com", "https://trustpilot.co/review/example.com"),
        *("https://evil.trustpilot.com/review/example.com", "https://trustpilot.com.evil.example/review/example.com"),
        *("https://notyelp.com/biz/x", "https://yelp.com.evil.example/biz/x", "https://evil.yelp.com/biz/x"),
        *("https://yelp.evil/biz/x", "https://yelp.co/biz/x", "https://notyelp.to/abc"),
        *(f"https://google.com.evil.example/?placeid={PLACE}", f"https://notgoogle.com/?placeid={PLACE}"),
        *(f"https://google.evil/?placeid={PLACE}", f"https://gооgle.com/?placeid={PLACE}"),
        *("https://goo.gl/AbC123", "https://maps.app.goo.gl.evil.example/x", "https://evil.g.page/x"),
        "evil.example/" + PORTAL,
    ],
)
def test_a_look_alike_belongs_to_nobody(pasted: str) -> None:
    assert refused(pasted).message.startswith("We don't know ")


@pytest.mark.parametrize(
    ("platform", "bare", "external_id"),
    [
        *(("steam", "620", "620"), ("steam", " 000620\n", "620"), ("youtube", VIDEO, VIDEO)),
        *(("youtube", CHANNEL, CHANNEL), ("youtube", "@Some.Body.", "@some.body"), ("google", PLACE, PLACE)),
        *(("trustpilot", "example.com", "example.com"), ("trustpilot", "https://Example.com/", "example.com")),
        *(("yelp", ALIAS, ALIAS), ("yelp", quote(ALIAS), ALIAS), ("yelp", BUSINESS, BUSINESS)),
    ],
)
def test_a_bare_id_counts_where_its_platform_is_chosen(platform: str, bare: str, external_id: str) -> None:
    found = recognise(bare, platform)
    assert (found.platform, found.target.external_id) == (platform, external_id)
    assert recognise(found.target.url) == found
    assert refused(bare)


@pytest.mark.parametrize(
    ("platform", "bare"),
    [
        *(("steam", "0"), ("steam", "4294967296"), ("steam", "٦٢٠"), ("steam", "-620"), ("steam", "9" * 3_000)),
        *(
            ("youtube", "name"),
            ("youtube", f"{VIDEO}x"),
            ("youtube", "UCshort"),
            ("youtube", "@ab"),
            ("youtube", "@ab."),
        ),
        *(
            ("trustpilot", "example"),
            ("trustpilot", "example.ftp://"),
            ("trustpilot", ""),
            ("yelp", "two words"),
            ("yelp", ".."),
        ),
        *(("google", "chij123456789"), ("google", f"{PLACE}\0"), ("google", "ChIJ")),
    ],
)
def test_anything_else_is_no_id(platform: str, bare: str) -> None:
    assert f"neither an address nor an id at {NAMED[platform]}" in refused(bare, platform).message


@pytest.mark.parametrize("domain", ["trustpilot.com", "www.trustpilot.com", "https://de.trustpilot.com/"])
def test_trustpilot_itself_is_not_taken_for_the_domain_of_a_company(domain: str) -> None:
    assert "not a company's page" in refused(domain, "trustpilot").message


def test_an_address_of_another_platform_than_the_chosen_one_says_which_to_choose() -> None:
    assert "This address is on Steam. Choose the platform Steam" in refused(PORTAL, "youtube").message
    assert "This address is on Yelp." in refused("https://yelp.to/x", "steam").message
    assert "example.com is not Steam." in refused("https://example.com/app/620", "steam").message


def test_an_address_that_nobody_knows_says_where_targets_can_be() -> None:
    message = refused("See https://example.com/a and https://example.org/").message
    assert message.startswith("We don't know example.com. Targets can be on Amazon, Google, ")
    assert " and YouTube." in message
    assert known() | NAMED == known()


def test_a_text_without_an_address_asks_for_one() -> None:
    for text in ("", "  ", "Portal 2", "620", "https://", "javascript:alert(1)", "ftp://youtu.be/x", "https://[::1/x"):
        assert refused(text).message.startswith("No address was found. Paste the address")


def test_a_platform_that_is_not_known_is_refused_with_the_ones_that_are() -> None:
    with pytest.raises(Invalid, match="Choose one of: Amazon, Google, ") as caught:
        recognise(PORTAL, "myspace")
    assert list(caught.value.details) == ["platform"]


def test_the_first_address_that_can_be_watched_counts() -> None:
    text = (
        f"https://example.com/ https://store.steampowered.com/sub/1 https://yelp.to/x {PORTAL} https://youtu.be/{VIDEO}"
    )
    assert recognise(text).target.external_id == "620"
    assert recognise(text, "youtube").target.external_id == VIDEO
    assert "Packages" in refused("https://store.steampowered.com/sub/1 https://yelp.to/x").message


# -- pages of any site -----------------------------------------------------------------------


@dataclass
class Pages:
    """As a connector that reads any page: recognises nothing by itself."""

    key: str = "pages"
    label: str = "Review page"
    platform: str = "web"

    def recognise(self, link: Weblink) -> None:
        return None

    def named(self, text: str) -> None:
        return None

    def page(self, link: Weblink) -> Recognised | Unread:
        if link.path == "/closed":
            return Unread("This page may not be read.")
        return Recognised("product", link.url, link.url, {"page": link.url})


@pytest.fixture
def with_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    more: Registry[Any] = Registry("connector")
    for one in (*connectors.all(), Pages()):
        if one.platform != "web" or isinstance(one, Pages):
            more.add(one)
    monkeypatch.setattr(platforms, "connectors", more)


@pytest.mark.usefixtures("with_pages")
def test_any_page_can_be_watched_once_web_page_is_chosen() -> None:
    shop = "https://shop.example/thing"
    assert recognise(shop, "web") == Found("pages", "web", Recognised("product", shop, shop, {"page": shop}))
    assert refused(f"{shop}, please").message.endswith("as a web page: choose the platform Web page.")
    assert "Web page" not in refused(shop).message.partition(" A page ")[0]
    assert refused("https://shop.example/closed", "web").message == "This page may not be read."
    assert "Choose the platform Steam" in refused("steam://run/620", "web").message
    assert refused("thing", "web").message.startswith("No address was found.")


def test_nothing_is_said_about_web_pages_where_none_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    few: Registry[Connector] = Registry("connector")
    few.add(connectors.get("steam"))
    monkeypatch.setattr(platforms, "connectors", few)
    assert refused("https://shop.example/").message == "We don't know shop.example. Targets can be on Steam."


# -- any text at all -------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("https://", "http://", "steam://", "ftp://", "//", "/", "?", "&", "=", "#", "%", "%2F", "%00", "@", ":", "."),
        *("www.", "store.steampowered.com", "youtube.com", "youtu.be", "trustpilot.com", "yelp.com", "yelp.to", "run/"),
        *("google.com", "maps.", "g.page", "/app/", "/biz/", "/review/", "watch?v=", "attribution_link?u=", "!19s"),
        *(VIDEO, CHANNEL, PLACE, ALIAS, "620", "@name", "(", "[", "]", "\\", " ", "\n", "\0", "\ud800", "é", "\u202e"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(), st.text(st.characters()), st.lists(PIECES, max_size=12).map("".join)),
    st.sampled_from(["", *NAMED]),
)
@example("https://\ud800", "")
@example("9" * 10_000, "steam")
@example("https://www.youtube.com/attribution_link?u=" + "/watch/" * 600, "youtube")
def test_whatever_is_pasted_is_recognised_or_invalid_and_never_anything_else(pasted: str, platform: str) -> None:
    fields = ["url"]
    try:
        found = recognise(pasted, platform)
    except Invalid as error:
        fields = list(error.details)
    else:
        assert recognise(found.target.url) == found
    assert fields == ["url"]
