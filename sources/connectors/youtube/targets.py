"""What people paste: channels and videos, one per line. Pure, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from livinglytics.lib.errors import Invalid

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
    text = line.strip()
    if found := _bare(text):
        return found
    for word in text.split():
        if "/" in word and (found := _in_address(word.strip("<>()\"',"))):
            return found
    short = text[:80]
    if re.search(r"[?&]list=|/playlist", text):
        raise invalid(f"“{short}” is a playlist. Enter its channel or its videos.")
    if re.search(r"/c/[^/]", text):
        raise invalid(
            f"YouTube's service does not find “{short}”. Open it there and copy the handle that begins with @."
        )
    raise invalid(f"“{short}” is no YouTube channel or video. It looks like @name or https://youtu.be/dQw4w9WgXcQ.")


def invalid(message: str) -> Invalid:
    return Invalid(message, details={"targets": [message]})


def _bare(text: str) -> Target | None:
    if _CHANNEL.fullmatch(text):
        return Target("channel", text)
    if _HANDLE.fullmatch(text):
        return Target("handle", text)
    return Target("video", text) if _VIDEO.fullmatch(text) else None


def _in_address(word: str) -> Target | None:
    if "\\" in word:
        return None
    try:
        parts = urlsplit(word if "://" in word else "https://" + word)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or host not in HOSTS:
        return None
    steps = [step for step in unquote(parts.path).split("/") if step]
    if host.endswith("youtu.be"):
        return _video(steps[0]) if steps else None
    return _on_site(steps, parts)


def _on_site(steps: list[str], parts: SplitResult) -> Target | None:
    """The target of a path on youtube.com."""
    first, second = (*steps, "", "")[:2]
    query = parse_qs(parts.query)
    if first == "attribution_link":
        inner = query.get("u", [""])[0]
        return _in_address("https://www.youtube.com" + inner) if inner.startswith("/watch") else None
    if first == "watch" and not second:
        return _video(query.get("v", [""])[0])
    if first in _PLAYERS:
        return _video(second)
    if first == "channel" and _CHANNEL.fullmatch(second):
        return Target("channel", second)
    if first == "user" and _USER.fullmatch(second):
        return Target("user", second)
    return Target("handle", first) if _HANDLE.fullmatch(first) else None


def _video(name: str) -> Target | None:
    return Target("video", name) if _VIDEO.fullmatch(name) and name not in _NO_VIDEOS else None
