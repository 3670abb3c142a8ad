"""Pieces of a web page: its scripts, single tags, and the words in marked-up text. Pure, nothing is fetched.

A page is read as text and never made into a tree: tags that are nested deep enough keep a parser busy for
minutes, and anybody may write such a page. All of this takes time in proportion to the length of the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_HIDDEN: Final = re.compile(r"<!--|<(script|style)(?=[\s/>])", re.IGNORECASE)
_CLOSING: Final = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}
#: one tag of bounded length, with its quoted values; ``<`` outside of quotes begins another one
_TAG: Final = re.compile(
    r"""<([a-z][a-z0-9]*+)((?:[^<>"']{1,1000}+|"[^"]{0,4000}+"|'[^']{0,4000}+'){0,100}+)>""", re.IGNORECASE
)
_ATTRIBUTE: Final = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))?""")

#: the tags that stand in texts people write in a form; anything else in angle brackets is their own text
_WRITTEN: Final = (
    "a|abbr|b|big|blockquote|center|cite|code|dd|del|dl|dt|em|font|h[1-6]|i|img|ins|li|mark|ol|pre|q|s|small|span|"
    "strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul"
)
_INSIDE: Final = r"(?:\s+[a-z-]+=[^<>]*|\s*/?)>"
_BREAK: Final = re.compile(rf"</?(?:br|hr|p|div|li|tr|h[1-6]|blockquote){_INSIDE}", re.IGNORECASE)
_MARK: Final = re.compile(rf"</?(?:{_WRITTEN}){_INSIDE}", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_ENDS_HIDDEN: Final = re.compile(r"-->|</(?:script|style)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Script:
    """One script element: its attributes (names in lower case) and its text as it stands."""

    attributes: dict[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Hypertext:
    """A page in two parts: ``scripts`` in their order, ``markup`` without scripts, styles and comments."""

    markup: str
    scripts: tuple[Script, ...]


def hypertext(page: str) -> Hypertext:
    """Take a page apart. What is never closed reaches to the end of the page."""
    kept: list[str] = []
    scripts: list[Script] = []
    at = 0
    while found := _HIDDEN.search(page, at):
        kept.append(page[at : found.start()])
        if found[1] is None:
            at = _after(page, "-->", found.start() + 2)
            continue
        name, opened = found[1].lower(), _after(page, ">", found.end())
        closing = _CLOSING[name].search(page, opened)
        end = closing.start() if closing else len(page)
        if name == "script":
            scripts.append(Script(attributes(page[found.end() : max(found.end(), opened - 1)]), page[opened:end]))
        at = _after(page, ">", end)
    kept.append(page[at:])
    return Hypertext("".join(kept), tuple(scripts))


def tags(markup: str, *names: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The opening tags with these names, in order: name and attributes."""
    for found in _TAG.finditer(markup):
        name = found[1].lower()
        if name in names:
            yield name, attributes(found[2])


def attributes(text: str) -> dict[str, str]:
    """The attributes in the inside of a tag: names in lower case, values with entities resolved; the first counts."""
    found: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(text):
        found.setdefault(one[1].lower(), html.unescape((one[2] or "").strip("\"'")).strip())
    return found


def plain(text: str) -> str:
    """What a person would see of a marked-up text: tags gone, entities resolved, also where both came in twice.

    Paragraphs and breaks become new lines. Only tags that people write are taken for tags: ``a <b and c> d``
    stays, and so does ``<3``. Signs that no database takes (NUL, halves of surrogate pairs) are dropped.
    """
    for _ in range(2):
        before, text = text, _unmarked(text)
        if text == before:
            break
    clean = text.encode("utf-8", "ignore").decode().replace("\x00", "")
    lines = [" ".join(line.split()) for line in clean.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unmarked(text: str) -> str:
    if _ENDS_HIDDEN.search(text):
        text = hypertext(text).markup
    if "<" in text:
        text = _MARK.sub("", _BREAK.sub("\n", text))
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def _after(page: str, end: str, start: int) -> int:
    """The place behind the next ``end``; the end of the page where there is none."""
    found = page.find(end, start)
    return len(page) if found < 0 else found + len(end)
