"""What people paste: channels and videos, one per line. Pure, nothing is fetched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblink, weblinks
from sources.connectors._base import Recognised, Unread

SITE = "https://www.youtube.com"

#: the whole list: no other host is YouTube, whatever its name ends with
HOSTS = (
    *("youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "gaming.youtube.com"),
    *("youtu.be", "www.youtu.be", "youtube-nocookie.com", "www.youtube-nocookie.com"),
)
MOST_CHANNELS, MOST_VIDEOS = 10, 1_000

_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}", re.ASCII)
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}", re.ASCII)
_HANDLE = re.compile(r"@[\w.·-]{3,30}")
_USER = re.compile(r"[A-Za-z0-9]{1,50}", re.ASCII)
#: eleven characters like a video's id, but players of something else
_NO_VIDEOS = {"videoseries", "live_stream"}
_PLAYERS = {"shorts", "live", "embed", "v", "e", "watch"}

Kind = Literal["video", "channel", "handle", "user"]


@dataclass(frozen=True, slots=True)
class Target:
    """One channel or video as it was named."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that was named, each once, in the order it was entered."""

    targets: tuple[Target, ...]

    def names(self, kind: Kind) -> list[str]:
        return [one.name for one in self.targets if one.kind == kind]


def wanted(lines: Iterable[str]) -> Wanted:
    """All lines as targets. Raises Invalid that names the field ``targets``."""
    found = tuple(dict.fromkeys(target(line) for line in lines if line.strip()))
    if not found:
        raise invalid("Enter at least one channel or video.")
    videos = sum(one.kind == "video" for one in found)
    if videos > MOST_VIDEOS or len(found) - videos > MOST_CHANNELS:
        raise invalid(f"Enter at most {MOST_CHANNELS} channels and {MOST_VIDEOS} videos. Make another source for more.")
    return Wanted(found)


def target(line: str) -> Target:
    """The channel or video in one line: an id, a handle, or an address on one of YouTube's own hosts."""
    found = [_bare(line.strip()), *map(_at, weblinks(line))]
    if named := [one for one in found if isinstance(one, Target)]:
        return named[0]
    refused = [one.message for one in found if isinstance(one, Unread)]
    raise invalid(refused[0] if refused else _neither(line.strip()))


def named(text: str) -> Recognised | None:
    """The channel or video with this bare id or handle."""
    found = _bare(text.strip())
    return _recognised(found) if found else None


def recognise(link: Weblink) -> Recognised | Unread | None:
    """The channel or video at an address of YouTube's.

    Whether a handle, an old user name and an id that begins with UC are one channel only YouTube can tell.
    """
    found = _at(link)
    return _recognised(found) if isinstance(found, Target) else found


def invalid(message: str) -> Invalid:
    return Invalid(message, details={"targets": [message]})


def _bare(text: str) -> Target | None:
    if _CHANNEL.fullmatch(text):
        return Target("channel", text)
    return _handle(text) or _video(text)


def _recognised(found: Target) -> Recognised:
    path, external_id = {
        "video": (f"watch?v={found.name}", found.name),
        "channel": (f"channel/{found.name}", found.name),
        "handle": (found.name, found.name.lower()),
        "user": (f"user/{found.name}", f"user/{found.name.lower()}"),
    }[found.kind]
    kind = "video" if found.kind == "video" else "channel"
    return Recognised(kind, external_id, f"{SITE}/{path}", {"targets": [f"{SITE}/{path}"]})


def _at(link: Weblink) -> Target | Unread | None:
    if link.host not in HOSTS:
        return None
    first, second = (*link.steps, "", "")[:2]
    found = _video(first) if link.host.endswith("youtu.be") else _on_site(link, first, second)
    if found:
        return found
    short = link.url[:80]
    if first == "playlist" or "list" in link.query:
        return Unread(f"“{short}” is a playlist. Enter its channel or its videos.")
    if first == "c" and second:
        return Unread(
            f"YouTube's service does not find “{short}”. Open it there and copy the handle that begins with @."
        )
    return Unread(_neither(link.url))


def _on_site(link: Weblink, first: str, second: str) -> Target | None:
    """The target of a path on youtube.com, by its first two steps."""
    if first == "attribution_link":
        inner = weblink(SITE + link.query.get("u", ""))
        found = _at(inner) if inner and inner.steps[:1] == ("watch",) else None
        return found if isinstance(found, Target) else None
    if first == "watch" and not second:
        return _video(link.query.get("v", ""))
    if first in _PLAYERS:
        return _video(second)
    if first == "channel" and _CHANNEL.fullmatch(second):
        return Target("channel", second)
    if first == "user" and _USER.fullmatch(second):
        return Target("user", second)
    return _handle(first)


def _handle(name: str) -> Target | None:
    composed = unicodedata.normalize("NFC", name).rstrip(".")
    return Target("handle", composed) if _HANDLE.fullmatch(composed) else None


def _video(name: str) -> Target | None:
    return Target("video", name) if _VIDEO.fullmatch(name) and name not in _NO_VIDEOS else None


def _neither(text: str) -> str:
    return f"“{text[:80]}” is no YouTube channel or video. It looks like @name or https://youtu.be/dQw4w9WgXcQ."
