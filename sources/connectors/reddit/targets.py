"""What people paste: communities and posts, one per line. Pure, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblink
from sources.connectors._base import Recognised, Unread

SITE: Final = "https://www.reddit.com"
#: the whole list: no other host is Reddit, whatever its name ends with
SITES: Final = (
    "reddit.com",
    *(f"{one}.reddit.com" for one in ("www", "old", "new", "np", "m", "i", "sh", "amp")),
)
SHORT, VIDEOS, IMAGES = "redd.it", "v.redd.it", ("i.redd.it", "preview.redd.it")
HOSTS: Final = (*SITES, SHORT, VIDEOS, *IMAGES)
MOST_COMMUNITIES, MOST_POSTS = 20, 50

_COMMUNITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{1,20}", re.ASCII)
_POST: Final = re.compile(r"[a-z0-9]{1,12}", re.ASCII | re.IGNORECASE)
_SHARED: Final = re.compile(r"[A-Za-z0-9]{4,24}", re.ASCII)
#: what old programs hang on to the last part of an address
_SUFFIX: Final = re.compile(r"\.(?:json|rss|xml|compact|mobile|embed)$", re.IGNORECASE)
#: collections of posts that are no community of their own
_MIXED: Final = {"all", "popular", "friends", "mod", "random", "randnsfw", "home"}
#: ways of sorting or looking at a whole community
_VIEWS: Final = {"new", "hot", "best", "top", "rising", "controversial", "about", "comments", "search"}
_SAMPLE: Final = "It looks like r/django or https://www.reddit.com/r/django/comments/1abcde/."

Kind = Literal["community", "post"]


@dataclass(frozen=True, slots=True)
class Target:
    """A community by its name in small letters, or a post by its id. ``within``: the post's community, if known."""

    kind: Kind
    name: str
    within: str = ""

    @property
    def text(self) -> str:
        """The one way of writing it, which stays the same however it was pasted."""
        return f"r/{self.name}" if self.kind == "community" else f"{SITE}/comments/{self.name}/"

    @property
    def url(self) -> str:
        """Its address at Reddit."""
        if self.kind == "community":
            return f"{SITE}/r/{self.name}/"
        return f"{SITE}/r/{self.within}/comments/{self.name}/" if self.within else self.text


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that was named, each once: communities first, each kind in the order it was entered."""

    targets: tuple[Target, ...]

    def names(self, kind: Kind) -> list[str]:
        """Names of communities, or ids of posts."""
        return [one.name for one in self.targets if one.kind == kind]


def wanted(lines: Iterable[str]) -> Wanted:
    """All lines as targets. Raises Invalid that names the field ``targets``."""
    found = {one.text: one for one in (target(line) for line in lines if line.strip())}
    if not found:
        raise invalid("Enter at least one community or post.")
    targets = sorted(found.values(), key=lambda one: one.kind)
    posts = sum(one.kind == "post" for one in targets)
    if posts > MOST_POSTS or len(targets) - posts > MOST_COMMUNITIES:
        raise invalid(
            f"Enter at most {MOST_COMMUNITIES} communities and {MOST_POSTS} posts. Make another source for more."
        )
    return Wanted(tuple(targets))


def target(line: str) -> Target:
    """The community or post in one line: ``r/name``, ``t3_id``, or an address on one of Reddit's own hosts."""
    text = line.strip()
    found: Target | Unread | None = _bare(text)
    if found is None and (link := weblink(text)):
        found = _at(link)
    if isinstance(found, Target):
        return found
    raise invalid(found.message if found else f"“{text[:80]}” is no community or post on Reddit. {_SAMPLE}")


def recognise(link: Weblink) -> Recognised | Unread | None:
    """The community or post at an address of Reddit's."""
    found = _at(link)
    return _recognised(found) if isinstance(found, Target) else found


def named(text: str) -> Recognised | None:
    """The community or post with this bare name: ``r/django``, ``t3_1abcde``."""
    found = _bare(text.strip())
    return _recognised(found) if isinstance(found, Target) else None


def invalid(message: str) -> Invalid:
    """What to raise for a line that can't be read."""
    return Invalid(message, details={"targets": [message]})


def _recognised(found: Target) -> Recognised:
    external_id = found.text if found.kind == "community" else f"t3_{found.name}"
    return Recognised(found.kind, external_id, found.url, {"targets": [found.text]})


def _bare(text: str) -> Target | Unread | None:
    """A name without an address; a path on the site counts as one."""
    if text.startswith("t3_"):
        return _post(text[3:])
    if re.match(r"/?r/", text, re.IGNORECASE):
        link = weblink(f"{SITE}/{text.lstrip('/')}")
        return _at(link) if link else None
    return None


def _at(link: Weblink) -> Target | Unread | None:
    if link.scheme not in ("http", "https") or link.host not in HOSTS:
        return None
    if link.host == VIDEOS:
        return Unread("This is a video on Reddit. Paste the address of the post that shows it.", short=True)
    if link.host in IMAGES:
        return Unread("This is an image on Reddit. Paste the address of the post that shows it.")
    steps = _steps(link)
    found = _short(steps) if link.host == SHORT else _on_site(steps)
    return found or Unread(f"“{link.url[:80]}” is no community or post. {_SAMPLE}")


def _steps(link: Weblink) -> list[str]:
    """The parts of the path, without what programs hang on to them."""
    *first, last = link.steps or ("",)
    return [step for step in (*first, _SUFFIX.sub("", last)) if step]


def _short(steps: list[str]) -> Target | None:
    return _post(steps[0]) if len(steps) == 1 else None


def _on_site(steps: list[str]) -> Target | Unread | None:
    """What a path on reddit.com leads to."""
    first, second = (*steps, "", "")[:2]
    match first.lower():
        case "r":
            return _in_community(second, steps[2:])
        case "comments" | "gallery" | "tb":
            return _post(second)
        case "user" | "u":
            return _shared(steps[2:]) or _profile()
    return None


def _in_community(name: str, rest: list[str]) -> Target | Unread | None:
    if "+" in name:
        return Unread("This is a mix of communities. Enter each of them on a line of its own.")
    if not _COMMUNITY.fullmatch(name):
        return None
    view = rest[0].lower() if rest else ""
    is_profile = name.lower().startswith("u_")
    if view == "comments" and len(rest) > 1:
        return _post(rest[1], "" if is_profile else name.lower())
    if shared := _shared(rest):
        return shared
    if is_profile:
        return _profile()
    if name.lower() in _MIXED:
        return Unread(f"r/{name} is a mix of many communities and can't be watched. {_SAMPLE}")
    return Target("community", name.lower()) if not view or view in _VIEWS else None


def _post(name: str, within: str = "") -> Target | None:
    return Target("post", name.lower(), within) if _POST.fullmatch(name) else None


def _shared(rest: list[str]) -> Unread | None:
    if len(rest) == 2 and rest[0].lower() == "s" and _SHARED.fullmatch(rest[1]):
        return Unread("This is a short link to a post. Open it and paste the address it leads to.", short=True)
    return None


def _profile() -> Unread:
    return Unread("Profiles of people are not read. Paste a community, such as r/django, or the address of a post.")
