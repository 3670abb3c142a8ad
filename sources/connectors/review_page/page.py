"""One web page as it was answered: its linked data, and where it says the list goes on. Pure, no network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from livinglytics.lib.hypertext import Hypertext, hypertext, tags
from livinglytics.lib.linked_data import LinkedData, linked_data
from sources.connectors.review_page.addresses import host, led_to
from sources.connectors.review_page.linked import Found, Totals, reviews, totals

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer

_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]*>([^<]{0,300})", re.IGNORECASE)
#: titles of pages that stand in front of a page and want to see a person
_GATES = re.compile(
    r"just a moment|attention required|robot check|are you (?:a )?(?:human|robot)|pardon our interruption|captcha|"
    r"access (?:to this page )?(?:is |has been )?denied|verify (?:that )?you are|human verification|security check",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]*>")
_LITTLE = 2_000
_CAPTCHA = re.compile(
    r"<(?:form|div|iframe|input|img)\b[^<>]{0,2000}?(?:captcha|challenge-form|cf-turnstile)", re.IGNORECASE
)


@dataclass(frozen=True)
class Page:
    """``url``: the address that answered in the end; ``etag``, ``modified``: what tells this version from others."""

    url: str
    parts: Hypertext
    data: LinkedData
    etag: str = ""
    modified: str = ""

    @cached_property
    def reviews(self) -> list[Found]:
        """The reviews of the page, in its order."""
        return reviews(self.data, self.url)

    @cached_property
    def totals(self) -> Totals:
        """What the page says about all reviews of its item."""
        return totals(self.data)

    @property
    def gated(self) -> bool:
        """Does it ask whether a person is there? A page with data of its own or much text does not."""
        markup = self.parts.markup
        if self.data.objects or len(_ANY_TAG.sub("", markup).strip()) > _LITTLE:
            return False
        title = _TITLE.search(markup)
        return bool((title and _GATES.search(title[1])) or _CAPTCHA.search(markup))

    @cached_property
    def next(self) -> tuple[str, str]:
        """Where the list goes on on the same host, and the other host to which it would lead; empty for none."""
        base, linked = "", ""
        for name, has in tags(self.parts.markup, "base", "link", "a"):
            if name == "base":
                base = base or has.get("href", "")
            elif "next" in has.get("rel", "").lower().split() and has.get("href"):
                found = led_to(self.url, base, has["href"])
                if found and name == "link":
                    linked = found
                    break
                linked = linked or found or ""
        if linked and host(linked) != host(self.url):
            return "", host(linked)
        return linked, ""


def page_of(answer: Answer) -> Page:
    """Read the body of an answer in its charset."""
    parts = hypertext(_decoded(answer))
    etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    return Page(answer.url, parts, linked_data(parts), etag, modified)


def gated(answer: Answer) -> bool:
    """Is a refusal a question whether a person is there?"""
    return "cf-mitigated" in answer.headers or page_of(answer).gated


def _decoded(answer: Answer) -> str:
    """The charset of the header, else the one the page itself names in its beginning, else UTF-8."""
    if "charset=" not in answer.headers.get("content-type", "").lower():
        named = _CHARSET.search(answer.body[:2_048])
        try:
            if named and not answer.body.startswith(b"\xef\xbb\xbf"):
                return answer.body.decode(named[1].decode("ascii"), "replace")
        except (LookupError, ValueError):
            pass
    return answer.text()
