"""Which service a pasted address belongs to, and what it leads to there. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol, runtime_checkable

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblinks
from sources.connectors import connectors
from sources.connectors._base import Connector, Recognised, Unread

#: the platform that takes any page, once a person has chosen it
WEB: Final = "web"
_COPY: Final = "as you see it in the browser"


class Found(NamedTuple):
    """Something that can be watched: ``connector`` is the key of the one that reads it."""

    connector: str
    platform: str
    target: Recognised


class ShortLink(Invalid):
    """An address that only points to another one. ``url`` is what to follow; where it leads is recognised anew."""

    url: str = ""


@runtime_checkable
class ReadsPages(Protocol):
    """A connector that reads a page of any site. Such a page is recognised by nobody, so it has to be asked for."""

    def page(self, link: Weblink) -> Recognised | Unread:
        """The page at this address as something to watch."""


class _Answer(NamedTuple):
    connector: Connector
    link: Weblink
    said: Recognised | Unread


def known() -> dict[str, str]:
    """Platform -> its name, of all where something can be watched, by name."""
    found = {one.platform: _name(one) for one in connectors.all() if one.platform}
    return dict(sorted(found.items(), key=lambda item: item[1].casefold()))


def recognise(pasted: str, platform: str = "") -> Found:
    """What somebody pasted: an address, a text with one in it, or a bare id where a ``platform`` was chosen.

    Raises Invalid that names the field at fault, ``url`` or ``platform``, and says what to paste instead;
    ShortLink where the address has to be followed first.
    """
    asked = _of(platform)
    links = list(weblinks(pasted))
    answers = _answers(asked, links, platform)
    for one in answers:
        if isinstance(one.said, Recognised):
            return Found(one.connector.key, one.connector.platform, one.said)
    for connector in asked if platform else ():
        if bare := connector.named(pasted.strip()):
            return Found(connector.key, platform, bare)
    for one in answers:
        if isinstance(one.said, Unread):
            raise _unread(one.said, one.link)
    raise _nobodys(links, platform)


def _of(platform: str) -> list[Connector]:
    """The connectors of a platform, or of all."""
    found = [one for one in connectors.all() if one.platform and platform in ("", one.platform)]
    if platform and not found:
        raise _invalid("platform", f"This platform is not known. Choose one of: {', '.join(known().values())}.")
    return found


def _answers(asked: Sequence[Connector], links: Sequence[Weblink], platform: str) -> list[_Answer]:
    """What those asked say, address by address, without those who know nothing of it."""
    return [
        _Answer(one, link, said) for link in links for one in asked if (said := _said(one, link, platform)) is not None
    ]


def _said(connector: Connector, link: Weblink, platform: str) -> Recognised | Unread | None:
    if platform == WEB and isinstance(connector, ReadsPages):
        return connector.page(link) if link.scheme in ("http", "https") else None
    return connector.recognise(link)


def _unread(said: Unread, link: Weblink) -> Invalid:
    if said.short:
        return ShortLink(said.message, details={"url": [said.message]}, url=link.url)
    return _invalid("url", said.message)


def _nobodys(links: Sequence[Weblink], platform: str) -> Invalid:
    """Why nothing was found, and what to paste instead."""
    names = known()
    if not links and platform in ("", WEB):
        more = "" if platform else " Where you have only an id, choose its platform too."
        return _invalid("url", f"No address was found. Paste the address of what you want to watch, {_COPY}.{more}")
    if not links:
        return _invalid("url", f"This is neither an address nor an id at {names[platform]}. Paste the address {_COPY}.")
    if platform and (others := _answers(_of(""), links, "")):
        there = _name(others[0].connector)
        return _invalid("url", f"This address is on {there}. Choose the platform {there} for it.")
    if platform:
        return _invalid("url", f"{links[0].host} is not {names[platform]}. Paste an address there, {_COPY}.")
    pages = names.pop(WEB, "")
    message = f"We don't know {links[0].host}. Targets can be on {_listed(names.values())}."
    if pages:
        message += f" A page with schema.org reviews can be added as a web page: choose the platform {pages}."
    return _invalid("url", message)


def _name(connector: Connector) -> str:
    """The platform as it is written: the word of the connector's label that it is, or all of the label."""
    if connector.platform == WEB:
        return "Web page"
    return next((word for word in connector.label.split() if word.lower() == connector.platform), connector.label)


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, details={field: [message]})
