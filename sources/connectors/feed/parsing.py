"""The bytes of a feed as its entries. Never fetches anything, and never lets a document declare entities."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import feedparser  # type: ignore[import-untyped]
from feedparser.mixin import _FeedParserMixin  # type: ignore[import-untyped]
from selectolax.lexbor import LexborHTMLParser

from livinglytics.lib.errors import BadAnswer

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer

#: before the first element stand declarations, comments, and sometimes what a server complains about
_HEAD = 20_000
_ROOT = re.compile(r"<(?P<name>(?:[\w.-]{1,40}:)?(?:rss|feed|rdf))(?=[\s>/])", re.IGNORECASE)
_WEB_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
#: names of the codecs that texts are written in; others (punycode, unicode_escape …) are none or slow
_TEXT_CODECS = re.compile(r"utf-(8|16|32)|ascii|iso(8859|2022)|cp\d|windows|koi8|shift|euc|gb|hz|big5|mac|tis|johab")
_MARKS = (
    *((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig")),
    *((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")),
    *((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be")),
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: what feedparser raises for documents it did not expect
_ODD = (AssertionError, AttributeError, IndexError, KeyError, LookupError, RecursionError, TypeError, ValueError)
_LONGEST_AUTHOR = 300
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")


@dataclass(frozen=True, slots=True)
class Page:
    """One document of a feed. ``following``: the address of its next page, empty at the end.

    ``entries`` and ``about`` are as feedparser gives them; ``broken``: the XML is not well-formed, and what
    could be read of it was taken.
    """

    about: dict[str, Any]
    entries: list[dict[str, Any]]
    following: str
    broken: bool


def page_of(answer: Answer) -> Page:
    """The feed in an answer. Raises BadAnswer saying what came instead."""
    text = _NOT_XML.sub("", _text(answer))
    head = text[:_HEAD]
    root = _ROOT.search(head)
    if _WEB_PAGE.search(head[: root.start()] if root else head):
        raise BadAnswer(_instead(text, answer.url))
    if root is None:
        raise BadAnswer("This is neither RSS nor Atom. Enter the address of the feed itself.")
    # without what stands before the root element no entity is declared, so none can grow or name a file
    found = _parsed(text[root.start() :], answer.url)
    broken = bool(found.get("bozo"))
    if broken and f"</{root['name']}".lower() not in text.lower():
        raise BadAnswer("The feed breaks off before its end. It is read again with the next run.")
    about = dict(found["feed"])
    return Page(about, [dict(one) for one in found["entries"]], _following(about, answer.url), broken)


def _text(answer: Answer) -> str:
    """The body by its byte order mark, what it declares, the header, UTF-8, in this order; the first that fits."""
    body = answer.body
    if not body.strip():
        raise BadAnswer("The answer is empty. An empty feed would still say that it is one.")
    mark = next((name for sign, name in _MARKS if body.startswith(sign)), "")
    declared = _DECLARED.match(body[:500])
    header = _CHARSET.search(answer.headers.get("content-type", ""))
    # a declaration that was read byte by byte can't be true if it says that two bytes are one character
    said = declared[1].decode() if declared and not re.match(rb"(?i)utf-?_?(16|32)|ucs", declared[1]) else ""
    for name in (mark, said, header[1] if header and not declared else "", "utf-8"):
        try:
            if name and _TEXT_CODECS.match(codecs.lookup(name).name):
                return body.decode(name)
        except (LookupError, ValueError):
            continue
    return body.decode("cp1252", "replace")


def _parsed(text: str, url: str) -> Any:
    data = f"<?xml version='1.0' encoding='utf-8'?>\n{text}".encode("utf-8", "replace")
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        return feedparser.parse(
            io.BytesIO(data), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except _ODD as error:
        raise BadAnswer("This feed can't be read. Ask the people who publish it to correct it.") from error


def _following(about: dict[str, Any], url: str) -> str:
    """The next page by RFC 5005, as a whole address without its fragment."""
    for link in about.get("links") or ():
        if link.get("rel") == "next" and link.get("href"):
            try:
                return urljoin(url, str(link["href"])).partition("#")[0]
            except ValueError:
                return ""
    return ""


def _instead(text: str, url: str) -> str:
    """What to say of a web page, with the feed that it names."""
    for link in LexborHTMLParser(text[:500_000]).css("link[rel~=alternate i][href]"):
        kind, href = (link.attributes.get("type") or "").lower().strip(), link.attributes.get("href") or ""
        if kind not in _FEED_TYPES:
            continue
        try:
            found = urljoin(url, href.strip())
            scheme = urlsplit(found).scheme
        except ValueError:
            continue
        if scheme in ("http", "https") and len(found) <= 300 and found.isprintable() and " " not in found:
            return f"This is a web page, not a feed. It names its feed: enter {found} instead."
    return "This is a web page, not a feed. Enter the address of the feed itself."


def _bound_authors() -> None:
    """Keep feedparser from looking for a mail address in texts that are no name.

    Its pattern takes quadratic time: a feed with a megabyte for an author would hold up everybody.
    """
    usual = _FeedParserMixin._sync_author_detail

    def bounded(parser: Any, key: str = "author") -> None:
        if len(str(parser._get_context().get(key) or "")) <= _LONGEST_AUTHOR:
            usual(parser, key)

    _FeedParserMixin._sync_author_detail = bounded


_bound_authors()
