"""Feeds as they are really written: dialects, encodings, dates, markup, and documents made to do harm."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors.feed import FeedConfig
from sources.connectors.feed.dates import moment
from sources.connectors.feed.texts import plain
from sources.records import Document
from tests.fakes.feed import FeedFake
from tests.sources.feed_reading import DATED, FEED, documents, kept, reading, rss

TEN = datetime(2026, 11, 19, 10, tzinfo=UTC)


def one(body: str | bytes, kind: str = "application/xml", **more: Any) -> Document:
    (found,) = documents(body, kind, **more)
    return found


# -- dialects ------------------------------------------------------------------------------


def test_an_rss_item_becomes_a_document_with_all_that_matters() -> None:
    found = one(
        rss(
            f"<title>AT&amp;T &amp; 1 &lt; 2</title><link>https://example.com/1?a=1&amp;b=2</link>{DATED}"
            '<guid isPermaLink="false">g1</guid><author>ada@example.com (Ada)</author>'
            "<description>Short</description><content:encoded><![CDATA[<p>Long <b>text</b></p>]]></content:encoded>",
            head="<title>Blog &amp;amp; more</title><language>en-us</language>",
        )
    )
    assert (found.kind, found.title, found.text) == ("post", "AT&T & 1 < 2", "Long text")
    assert (found.created_at, found.updated_at) == (TEN, TEN)
    assert (found.url, found.language, found.author) == ("https://example.com/1?a=1&b=2", "en-US", "")
    assert found.extra == {"platform": "feed", "feed": "Blog & more"}
    assert found.external_id.endswith(" g1")


def test_an_atom_entry_has_its_own_language_and_times() -> None:
    found = one(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title type="html">T &amp;amp; U</title><entry>'
        '<id>tag:x,1</id><title>a &lt; b</title><link rel="replies" href="https://example.com/r"/>'
        '<link rel="alternate" href="/1"/><published>2026-11-19T10:00:00Z</published>'
        '<updated>2026-11-19T12:00:00+01:00</updated><content type="xhtml" xml:lang="pt-br">'
        '<div xmlns="http://www.w3.org/1999/xhtml"><p>x <i>y</i></p><p>z</p></div></content><summary>s</summary>'
        "</entry></feed>"
    )
    assert (found.title, found.text, found.language) == ("a < b", "x y\nz", "pt-BR")
    assert (found.created_at, found.updated_at) == (TEN, TEN + timedelta(hours=1))
    assert (found.url, found.extra["feed"]) == ("https://example.com/1", "T & U")
    assert found.external_id == "example.com tag:x,1"


def test_rss_1_0_is_read_with_its_dublin_core() -> None:
    found = one(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://example.com"><title>R</title>'
        '<dc:language>fr</dc:language></channel><item rdf:about="https://example.com/1"><title>Q</title>'
        "<link>https://example.com/1</link><dc:date>2026-11-19T11:00:00+01:00</dc:date>"
        "<description>simple</description></item></rdf:RDF>"
    )
    assert (found.title, found.text, found.language, found.created_at) == ("Q", "simple", "fr", TEN)


def test_an_atom_entry_that_only_tells_its_last_change_counts_on_that_day() -> None:
    found = one(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><updated>2026-11-19T10:00:00Z</updated></entry></feed>'
    )
    assert (found.created_at, found.updated_at) == (TEN, TEN)


def test_without_content_the_summary_is_the_text() -> None:
    assert one(rss(f"{DATED}<description>&lt;p&gt;Hi&amp;nbsp;there&lt;/p&gt;</description>")).text == "Hi there"


def test_content_that_is_no_text_is_left_out() -> None:
    found = one(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><updated>2026-11-19T10:00:00Z</updated>'
        '<content type="image/png">aGVsbG8=</content><summary>A picture</summary></entry></feed>'
    )
    assert found.text == "A picture"


# -- who it is -----------------------------------------------------------------------------


def test_an_entry_is_known_by_its_id_else_its_link_else_what_it_says() -> None:
    by_id = one(rss(f"<guid>https://example.com/?p=1</guid><link>https://example.com/a</link>{DATED}"))
    by_link = one(rss(f"<link>https://example.com/a</link>{DATED}"))
    assert by_id.external_id == "example.com https://example.com/?p=1"
    assert by_link.external_id == "example.com https://example.com/a"
    first, edited, other = (
        one(rss(f"<title>{title}</title><description>{text}</description>{DATED}")).external_id
        for title, text in (("A", "x"), ("A", "y"), ("B", "x"))
    )
    assert first == edited != other


def test_an_id_that_is_an_address_is_one_entry_in_all_feeds_of_a_host_and_any_other_is_not() -> None:
    with FeedFake(entries=3) as fake:
        fake.publish("/category", kind="rss", entries=list(fake.posts.entries))
        both = reading(fake, fake.address(), fake.address("/category"))
        both.run(number=1)
        both.run(number=2)
        assert len(both.rows) == 3
        for entry in fake.posts.entries:
            entry.id = entry.id[-1]
        fake.feeds["/category"].entries = list(fake.posts.entries)
        apart = reading(fake, fake.address(), fake.address("/category"))
        apart.run(number=1)
        apart.run(number=2)
        assert len(apart.rows) == 6


def test_a_very_long_id_stays_apart_from_another_one_that_begins_so() -> None:
    names = {one(rss(f"<guid>{'x' * 500}{end}</guid>{DATED}")).external_id for end in "ab"}
    assert len(names) == 2
    assert all(len(name) <= 200 for name in names)


# -- people --------------------------------------------------------------------------------


def test_names_are_only_kept_on_request_and_mail_addresses_never() -> None:
    with FeedFake() as fake:
        quiet, named = reading(fake), reading(fake, authors=True)
        quiet.run()
        named.run()
        assert "Ada" not in repr((quiet.rows, quiet.batches))
        assert {found.author for found in named.documents().values()} == {"Ada Lovelace"}
        assert "ada@example.com" not in repr((named.rows, named.batches))
        off = FeedConfig((fake.address(),))
        assert all(FEED.map("entries", row, off)[0].author == "" for row in named.rows.values())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ada@example.com (Ada Lovelace)", "Ada Lovelace"),
        ("Ada Lovelace &lt;ada@mail.example&gt;", "Ada Lovelace"),
        ("ada@example.com", ""),
        ("Ada", "Ada"),
        ("", ""),
    ],
)
def test_a_name_is_told_apart_from_a_mail_address(written: str, name: str) -> None:
    assert one(rss(f"<author>{written}</author>{DATED}"), authors=True).author == name


# -- times ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 19 Nov 2026 10:00:00 GMT", "Mon, 19 Nov 2026 10:00:00 GMT", "19 Nov 2026 10:00 UT", "19 Nov 26 10:00 Z",
        "Thu, 19 Nov 2026 11:00:00 CET", "Thu, 19 Nov 2026 05:00:00 EST", "Thu, 19 Nov 2026 02:00:00 PST",
        "Thu, 19 Nov 2026 15:30:00 +0530", "Thu, 19 Nov 2026 11:00:00 +01:00", "Thu, 19 Nov 2026 12:00:00 GMT+02:00",
        "Thursday, 19-Nov-26 10:00:00 GMT", "Thu, 19 November 2026 11:00:00 +0100 (CET)", "2026-11-19T10:00:00Z",
        "2026-11-19t11:00:00.000+01:00", "2026-11-19 10:00:00 UTC", "2026-11-19 11:00:00 +0100", "20261119T100000Z",
    ],
)  # fmt: skip
def test_a_time_with_a_zone_is_that_moment_whatever_its_weekday(text: str) -> None:
    assert moment(text) == (TEN, False)


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 19 Nov 2026 10:00:00", "Thu, 19 Nov 2026 10:00:00 -0000", "Thu, 19 Nov 2026 10:00:00 Mars",
        "2026-11-19T10:00:00", "2026-11-19 10:00", "19 Nov 2026 10:00 AM",
    ],
)  # fmt: skip
def test_a_time_without_a_known_zone_is_taken_for_utc_and_says_so(text: str) -> None:
    assert moment(text) == (TEN, True)
    assert one(rss(f"<pubDate>{text}</pubDate>")).extra["zone_assumed"] == "UTC"


@pytest.mark.parametrize("text", ["2026-11-19", "19 Nov 2026", "Thu, 19 Nov 2026"])
def test_a_day_alone_is_its_midnight(text: str) -> None:
    assert moment(text) == (TEN.replace(hour=0), True)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2026", "2026-11", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "Thu, 32 Nov 2026 10:00:00 GMT",
        "Thu, 19 Nov 2026 25:00:00 GMT", "9999-12-31T23:59:59-12:00", "2026년 11월 19일  19:00:00", "1" * 5_000, None,
        7, [],
    ],
)  # fmt: skip
def test_what_is_no_day_is_none(text: Any) -> None:
    assert moment(text) is None


# -- text ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Hello <b>wor</b>ld!</p><p>Again</p>", "Hello world!\nAgain"),
        ("one<br>two<br/><br />three", "one\ntwo\nthree"),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ("<script>bad()</script><style>p{}</style><!-- no -->ok", "ok"),
        ("&lt;b&gt; &amp;amp; &nbsp;&hellip; &#128077;", "<b> &amp; … 👍"),
        ("  many \n\t blanks ", "many blanks"),
        ("<a href='https://example.com'>link</a> <img src=x onerror=alert(1)>", "link"),
        ("<p>never <i>closed", "never closed"),
        ("素晴らしい\x00 👩‍👩‍👧 مرحبا", "素晴らしい 👩‍👩‍👧 مرحبا"),
        ("", ""),
    ],
)
def test_markup_becomes_what_people_see(markup: str, text: str) -> None:
    assert plain(markup).replace("\x00", "") == text


def test_markup_that_is_nested_beyond_reason_costs_no_time() -> None:
    """As a tree this takes minutes."""
    assert plain("<div>" * 300_000 + "deep<br>down") == "deep\ndown"
    assert plain("x" + "<a" * 100_000 + "<" * 100_000 + "&" * 100_000).startswith("x")


def test_a_plain_title_keeps_its_signs() -> None:
    assert one(rss(f"<title>if a &lt; b &amp;&amp; b &gt; c</title>{DATED}")).title == "if a < b && b > c"


# -- encodings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "written", "kind"),
    [
        ("utf-8", "utf-8", "application/rss+xml"),
        ("utf-8", "utf-8", "text/xml"),
        ("utf-8", "utf-8-sig", "text/xml"),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("ISO-8859-1", "iso-8859-1", "text/xml"),
        ("windows-1252", "cp1252", "application/xml"),
        ("utf-16", "utf-16", "application/xml"),
        ("utf-16", "utf-16-be", "application/xml"),
        ("utf-16", "utf-8", "application/xml"),
        ("utf-32", "utf-32", "application/xml"),
        ("utf-8", "cp1252", "application/xml"),
        ("klingon", "utf-8", "application/xml"),
        ("punycode", "utf-8", "application/xml"),
        ("", "utf-8", "text/xml"),
        ("", "iso-8859-1", "text/xml; charset=ISO-8859-1"),
    ],
)
def test_the_text_is_right_whatever_it_is_written_in(declared: str, written: str, kind: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    found = one((head + rss(f"<title>Grüße, Zoë</title>{DATED}")).encode(written), kind)
    assert found.title == "Grüße, Zoë"


def test_what_stands_before_the_feed_and_signs_xml_forbids_do_no_harm() -> None:
    body = "<br />\n<b>Warning</b>: in x.php\n<?xml version='1.0'?>" + rss(f"<title>a\x0b\x00b</title>{DATED}")
    assert one(body).title == "ab"


# -- made to do harm -----------------------------------------------------------------------

LAUGHS = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize("written", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("gap", ["", "\n"])
def test_entities_that_grow_do_not_grow(written: str, gap: str) -> None:
    declared = f'<?xml version="1.0"?>{gap}<!DOCTYPE rss [{LAUGHS.replace("<!", gap + "<!")}]>'
    body = declared + rss(f"<title>&l9;</title><description>&l9;</description>{DATED}")
    found = one(body.encode(written))
    assert len(found.title) + len(found.text) < 100


@pytest.mark.parametrize("kind", ['SYSTEM "file://{}"', 'PUBLIC "x" "file://{}"', 'SYSTEM "http://127.0.0.1:1/{}"'])
@pytest.mark.parametrize("hidden", ["", '<!ENTITY a "<rss>">\n'])
def test_files_and_addresses_that_a_document_names_are_never_opened(kind: str, hidden: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    declared = f"<!DOCTYPE rss [{hidden}<!ENTITY f {kind.format(secret)}><!ENTITY % p {kind.format(secret)}> %p;]>"
    found = one(declared + rss(f"<title>x&f;</title><description>&f;</description>{DATED}"))
    assert "hunter2" not in repr(found)


def test_an_author_of_a_megabyte_holds_nobody_up() -> None:
    """Looked through for a mail address this takes hours."""
    assert one(rss(f"<title>t</title><author>{'a' * 1_000_000}</author>{DATED}"), authors=True).title == "t"


@pytest.mark.parametrize("part", ["<![CDATA[", "<!", "<a \"'", "<item>", "&#xD83D;", "<![foo", "<?", "</x>", "]]>"])
def test_odd_pieces_are_read_or_refused_and_never_crash(part: str) -> None:
    with contextlib.suppress(BadAnswer):
        rows = kept(rss(f"<title>{part * 2_000}</title>{DATED}"))
        assert all(isinstance(each, Raw | Rejected) for each in rows)


@pytest.mark.parametrize("name", ["title", "text", "url", "language", "feed", "author", "updated", "zone_assumed"])
@pytest.mark.parametrize("odd", [None, 7, [], {"a": 1}])
def test_odd_fields_in_what_was_stored_are_no_reason_to_fail(name: str, odd: Any) -> None:
    stored = {"id": "a", "created": TEN.isoformat(), name: odd}
    (found,) = FEED.map("entries", stored, FeedConfig(("https://example.com/",), authors=True))
    assert isinstance(found, Document)
    assert found.created_at == TEN
