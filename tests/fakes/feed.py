"""A local site with feeds: RSS 2.0, RSS 1.0 and Atom, with pages, ETags and times of change.

``python -m tests.fakes.feed --port 9040 --entries 200`` serves one at ``/posts`` for demos; the product has to
allow its address (``ALLOWED_PRIVATE_HOSTS=127.0.0.1:9040``).
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from tests.fakes._server import Answer, FakeServer, Request, arguments, serve

TEXTS = (
    "<p>We <b>shipped</b> the new export.</p><p>It is faster.</p>",
    "<p>Drei Wochen gewartet &amp; keine Antwort.</p>",
    "<p>Très bon accueil 👍<br>je recommande.</p>",
    "対応が早い。",
)


@dataclass
class Entry:
    """One entry as the site holds it; ``html`` is its content. ``at`` may be a text to be sent as it is."""

    id: str
    at: datetime | str | None
    title: str = "A post"
    html: str = TEXTS[0]
    link: str = ""
    author: str = "Ada Lovelace"
    updated: datetime | None = None


@dataclass
class Published:
    """One feed. ``shows``: how many entries fit into it (on all of its pages), 0 for all; ``size`` of a page.

    ``sent`` replaces the body, ``following`` the address of the next page. ``changed`` is its Last-Modified;
    ``etags`` switches its ETag off.
    """

    kind: str = "atom"
    title: str = "Example Blog"
    language: str = "en-us"
    entries: list[Entry] = field(default_factory=list)
    shows: int = 0
    size: int = 0
    encoding: str = "utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/xml"
    changed: datetime | None = None
    etags: bool = True
    sent: bytes | None = None
    following: str = ""

    def add(self, name: str, at: datetime | str | None, **more: str | datetime | None) -> Entry:
        """A new entry at the top."""
        entry = Entry(name, at, **more)  # type: ignore[arg-type]
        self.entries.insert(0, entry)
        return entry

    def body(self, page: int) -> bytes:
        """The document of one page."""
        if self.sent is not None:
            return self.sent
        shown = self.entries[: self.shows] if self.shows else self.entries
        size = self.size or max(len(shown), 1)
        part = shown[(page - 1) * size : page * size]
        following = self.following or (f"?paged={page + 1}" if page * size < len(shown) else "")
        text = {"atom": _atom, "rss": _rss, "rdf": _rdf}[self.kind](self, part, following)
        declared = f'<?xml version="1.0" encoding="{self.encoding}"?>\n'
        return (declared + text).encode(self.encoding, "xmlcharrefreplace")


class FeedFake(FakeServer):
    """``feeds`` by their path; ``/posts`` holds ``entries``, one every ``hours`` hours up to ``until``."""

    def __init__(
        self, *, port: int = 0, entries: int = 10, kind: str = "atom", size: int = 0, until: int = 1_795_000_000
    ) -> None:
        self.posts = Published(kind=kind, size=size)
        self.feeds = {"/posts": self.posts}
        newest = datetime.fromtimestamp(until, UTC)
        for number in range(entries):
            at = newest - timedelta(hours=6 * (entries - 1 - number))
            self.posts.add(f"tag:example.com,2026:{number}", at, title=f"Post {number}", html=TEXTS[number % 4])
        super().__init__(port)

    def address(self, path: str = "/posts") -> str:
        return f"{self.url}{path}"

    def publish(self, path: str, **how: object) -> Published:
        """Another feed of the site."""
        self.feeds[path] = Published(**how)  # type: ignore[arg-type]
        return self.feeds[path]

    def answer(self, request: Request) -> Answer:
        feed = self.feeds.get(request.path)
        if feed is None:
            return Answer(b"<!doctype html><title>Not found</title>", 404, kind="text/html")
        if feed.status != 200:
            return Answer(b"<!doctype html><title>No</title>", feed.status, feed.headers, kind="text/html")
        body = feed.body(int(request.query.get("paged", 1)))
        marks = dict(feed.headers)
        if feed.etags:
            marks["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
        if feed.changed:
            marks["Last-Modified"] = format_datetime(feed.changed, usegmt=True)
        if _unchanged({name.lower(): value for name, value in request.headers.items()}, marks):
            return Answer(b"", 304, marks, kind=feed.content_type)
        return Answer(body, 200, marks, kind=feed.content_type)


def _unchanged(asked: dict[str, str], marks: dict[str, str]) -> bool:
    """By RFC 9110: an ETag that was sent decides alone."""
    if "if-none-match" in asked:
        return asked["if-none-match"] == marks.get("ETag")
    return "if-modified-since" in asked and asked["if-modified-since"] == marks.get("Last-Modified")


def _rfc_822(at: datetime | str | None) -> str:
    return format_datetime(at) if isinstance(at, datetime) else at or ""


def _iso(at: datetime | str | None) -> str:
    return at.isoformat() if isinstance(at, datetime) else at or ""


def _atom(feed: Published, entries: list[Entry], following: str) -> str:
    link = f'<link rel="next" href={quoteattr(following)}/>' if following else ""
    rows = "".join(
        f"<entry><id>{escape(one.id)}</id><title>{escape(one.title)}</title>"
        + (f"<published>{_iso(one.at)}</published>" if one.at else "")
        + (f"<updated>{_iso(one.updated or one.at)}</updated>" if one.updated or one.at else "")
        + f"<link href={quoteattr(one.link or 'https://example.com/p')}/>"
        + f"<author><name>{escape(one.author)}</name><email>ada@example.com</email></author>"
        + f'<content type="html">{escape(one.html)}</content></entry>'
        for one in entries
    )
    head = f"<title>{escape(feed.title)}</title>{link}"
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(feed.language)}>{head}{rows}</feed>'


def _rss(feed: Published, entries: list[Entry], following: str) -> str:
    link = f'<atom:link rel="next" href={quoteattr(following)}/>' if following else ""
    rows = "".join(
        f"<item><title>{escape(one.title)}</title>"
        + (f'<guid isPermaLink="false">{escape(one.id)}</guid>' if one.id else "")
        + (f"<link>{escape(one.link)}</link>" if one.link else "")
        + (f"<pubDate>{_rfc_822(one.at)}</pubDate>" if one.at else "")
        + f"<author>ada@example.com ({escape(one.author)})</author><description>A summary.</description>"
        + f"<content:encoded><![CDATA[{one.html}]]></content:encoded></item>"
        for one in entries
    )
    head = f"<title>{escape(feed.title)}</title><link>https://example.com</link><language>{feed.language}</language>"
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:atom="http://www.w3.org/2005/Atom"><channel>{head}{link}{rows}</channel></rss>'
    )


def _rdf(feed: Published, entries: list[Entry], following: str) -> str:
    rows = "".join(
        f"<item rdf:about={quoteattr(one.id)}><title>{escape(one.title)}</title><link>{escape(one.link)}</link>"
        f"<description>{escape(one.html)}</description><dc:date>{_iso(one.at)}</dc:date>"
        f"<dc:creator>{escape(one.author)}</dc:creator></item>"
        for one in entries
    )
    head = f"<title>{escape(feed.title)}</title><dc:language>{feed.language}</dc:language>"
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="https://example.com">{head}</channel>{rows}</rdf:RDF>'
    )


def main() -> None:
    parser = arguments("A local site with one feed of made-up posts.")
    parser.add_argument("--entries", type=int, default=200)
    parser.add_argument("--size", type=int, default=20, help="entries on a page")
    chosen = parser.parse_args()
    serve(FeedFake(port=chosen.port, entries=chosen.entries, size=chosen.size, until=int(time.time())))


if __name__ == "__main__":
    main()
