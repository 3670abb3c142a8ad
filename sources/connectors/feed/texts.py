"""An entry as it is kept, and as a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, prose, thing, words
from sources.connectors.feed.addresses import Feed, print_of
from sources.connectors.feed.dates import moment
from sources.records import Document

#: a clock may be wrong or in another zone; what is dated later than this is announced, not written
_AHEAD = timedelta(days=1)
NO_DATE = "The entry has no date that can be read."
IN_FUTURE = "The entry's date lies in the future."
_LONGEST_ID = 200
_PLAIN = ("text/plain", "text")
_MARKUP = ("text/html", "application/xhtml+xml", "html", "xhtml")
_BLOCKS = (
    "p,div,li,ul,ol,dl,dt,dd,h1,h2,h3,h4,h5,h6,tr,table,blockquote,pre,section,article,header,footer,aside,main,"
    "figure,figcaption,hr,br,address,details,summary"
)
_UNSEEN = ["script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title", "textarea"]
_BREAK = "\x1e"
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)[^<>]*(/?)>")
_EMPTY = frozenset({"br", "img", "hr", "input", "wbr", "meta", "link", "source", "embed", "area", "col", "track"})
#: HTML nested deeper than this was not made for reading, and its tree costs quadratic time
_DEEPEST = 500
_MAIL = re.compile(r"[(<\[]?[^\s()<>\[\]@]+@[^\s()<>\[\]]*[)>\]]?")
_LANGUAGE = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8})*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """Under what an entry is read: its ``feed`` with title and language, the wish for ``authors``, the time."""

    feed: Feed
    title: str
    language: str
    authors: bool
    now: datetime


def reading_of(feed: Feed, about: Mapping[str, Any], *, authors: bool, now: datetime) -> Reading:
    """What a feed says about itself, for all of its entries."""
    title = words(_shown(about.get("title"), thing(about.get("title_detail")).get("type")))[:300]
    return Reading(feed, title, _language(about.get("language")), authors, now)


def row(entry: Mapping[str, Any], reading: Reading) -> Raw | Rejected:
    """One entry to keep, or why it cannot be kept."""
    content, kind, language = _content(entry)
    payload: dict[str, Any] = {
        "title": words(_shown(entry.get("title"), thing(entry.get("title_detail")).get("type"))),
        "text": prose(_shown(content, kind)),
        "url": _web(entry.get("link")),
        "language": language or reading.language,
        "feed": reading.title,
    }
    published, updated, created = (moment(entry.get(name)) for name in ("published", "updated", "created"))
    written = published or created or updated
    changed = max(updated or written, written) if written else None
    name = _identity(entry, payload, reading.feed, written)
    payload = {"id": name, **payload}
    if reading.authors:
        payload["author"] = _author(entry)
    if written is None or changed is None:
        return Rejected(name, NO_DATE, payload)
    if written[0] > reading.now + _AHEAD:
        return Rejected(name, IN_FUTURE, payload)
    payload["created"] = written[0].isoformat()
    # a time of change that lies in the future would keep later corrections out
    newest = changed[0] if changed[0] <= reading.now + _AHEAD else written[0]
    payload["updated"] = newest.isoformat()
    if written[1]:
        payload["zone_assumed"] = "UTC"
    return Raw(name, payload, newest if updated else None)


def document(raw: Mapping[str, Any], *, authors: bool) -> Document:
    """A kept entry as a Document."""
    written = instant(raw.get("created"))
    if written is None:
        raise BadAnswer(NO_DATE)
    extra: dict[str, Any] = {"platform": "feed", "feed": words(raw.get("feed"))}
    if raw.get("zone_assumed"):
        extra["zone_assumed"] = str(raw["zone_assumed"])
    return Document(
        external_id=str(raw["id"])[:_LONGEST_ID],
        kind="post",
        title=words(raw.get("title")),
        text=prose(raw.get("text")),
        created_at=written,
        updated_at=instant(raw.get("updated")) or written,
        author=words(raw.get("author")) if authors else "",
        language=words(raw.get("language")),
        url=words(raw.get("url")),
        extra=extra,
    )


def plain(markup: str) -> str:
    """HTML as the text that people see: blocks become lines, blanks one blank."""
    markup = markup.replace(_BREAK, "")
    if _too_deep(markup):
        return _lines(unescape(_TAG.sub(_BREAK, markup)))
    tree = LexborHTMLParser(markup)
    tree.strip_tags(_UNSEEN, recursive=True)
    for node in tree.css(_BLOCKS):
        node.insert_before(_BREAK)
        node.insert_after(_BREAK)
    return _lines(tree.body.text() if tree.body else "")


def _lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _too_deep(markup: str) -> bool:
    depth = deepest = 0
    for closing, name, closed in _TAG.findall(markup):
        if name.lower() not in _EMPTY and not closed:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _shown(value: Any, kind: Any) -> str:
    """A title or a content as text. Where a feed does not say what it sends, it is taken for HTML."""
    text = prose(value)
    return text if kind in _PLAIN else plain(text)


def _content(entry: Mapping[str, Any]) -> tuple[Any, Any, str]:
    """The content, else the summary; its type and its own language."""
    for one in entry.get("content") or ():
        one = thing(one)
        if one.get("type") in (*_PLAIN, *_MARKUP) and prose(one.get("value")):
            return one["value"], one["type"], _language(one.get("language"))
    detail = thing(entry.get("summary_detail"))
    return entry.get("summary"), detail.get("type"), _language(detail.get("language"))


def _identity(
    entry: Mapping[str, Any], payload: Mapping[str, Any], feed: Feed, written: tuple[datetime, bool] | None
) -> str:
    """Its id, else its link, else the print of its title and day.

    An id that is an address is the same entry in every feed of a host; any other counts within its feed only.
    """
    name = words(entry.get("id")) or str(payload["url"])
    if not name:
        seen = [payload["title"] or payload["text"], written[0].isoformat() if written else ""]
        name = f"print:{print_of(repr(seen))}"
        return f"{print_of(feed.address)[:12]}:{name}"
    scope = feed.host if re.match(r"(?:https?|tag|urn):", name, re.IGNORECASE) else print_of(feed.address)[:12]
    whole = f"{scope} {name}"
    return whole if len(whole) <= _LONGEST_ID else f"{whole[:150]}:{print_of(whole)}"


def _author(entry: Mapping[str, Any]) -> str:
    """The name that is shown, without any mail address."""
    text = _MAIL.sub(" ", words(entry.get("author"))[:300])
    return words(re.sub(r"^[\s(]+|[\s()]+$", "", text))[:150]


def _web(link: Any) -> str:
    text = words(link)
    return text if re.match(r"https?://", text, re.IGNORECASE) and len(text) <= 600 else ""


def _language(tag: Any) -> str:
    """A language tag as it is usually written: en-us becomes en-US; empty for what is none."""
    found = _LANGUAGE.fullmatch(words(tag).replace("_", "-")[:35])
    if found is None:
        return ""
    rest = "".join(f"-{part.upper() if len(part) == 2 else part}" for part in found[2].split("-")[1:])
    return found[1].lower() + rest
