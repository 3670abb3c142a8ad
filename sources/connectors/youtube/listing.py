"""Which videos a source is about: those that were named, and the newest uploads of its channels."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import NotFound
from sources.connectors._values import thing, words
from sources.connectors.youtube.refusals import Gone
from sources.connectors.youtube.targets import MOST_VIDEOS

if TYPE_CHECKING:
    from sources.connectors.youtube.service import Service
    from sources.connectors.youtube.targets import Wanted

PAGE = 50


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, and the playlist that holds its uploads, newest first."""

    id: str
    title: str
    uploads: str


@dataclass(slots=True)
class Found:
    """Video ids, each once, and what to tell about the ones that are missing."""

    videos: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def channels(service: Service, wanted: Wanted) -> tuple[list[Channel], list[str]]:
    """The named channels, and the names that YouTube doesn't know. One unit, and one for each handle."""
    asked = [("id", ",".join(ids), ids)] if (ids := wanted.names("channel")) else []
    asked += [("forHandle", name, [name]) for name in wanted.names("handle")]
    asked += [("forUsername", name, [name]) for name in wanted.names("user")]
    found: dict[str, Channel] = {}
    missing: list[str] = []
    for parameter, value, names in asked:
        items = service.known("channels", part="snippet,contentDetails", maxResults=PAGE, **{parameter: value})
        read = [one for one in map(_channel, items) if one is not None]
        found |= {one.id: one for one in read}
        if parameter != "id":
            missing += [] if read else names
        else:
            missing += [name for name in names if name not in found]
    return list(found.values()), missing


def find(service: Service, wanted: Wanted, uploads: int) -> Found:
    """All videos. Raises NotFound, naming the field, where YouTube knows nothing of what was named."""
    found, missing = channels(service, wanted)
    named = wanted.names("video")
    if missing and not found and not named:
        raise unknown(missing)
    result = Found(warnings=[unknown([name]).message for name in missing])
    videos = list(named)
    for channel in found:
        own = newest(service, channel, uploads)
        if not own:
            result.warnings.append(f"The channel “{channel.title}” has no public uploads.")
        videos += own
    result.videos = list(dict.fromkeys(videos))
    if len(result.videos) > MOST_VIDEOS:
        result.warnings.append(f"Only the first {MOST_VIDEOS} of {len(result.videos)} videos are read.")
        del result.videos[MOST_VIDEOS:]
    return result


def newest(service: Service, channel: Channel, most: int) -> list[str]:
    """Ids of the newest uploads. A channel that never uploaded anything has no such playlist."""
    ids: dict[str, None] = {}
    if not channel.uploads:
        return []
    pages = service.pages("playlistItems", part="contentDetails", playlistId=channel.uploads, maxResults=PAGE)
    try:
        for page in pages:
            for item in page.items:
                name = str(thing(thing(item).get("contentDetails")).get("videoId") or "")
                ids |= {name: None} if name else {}
            if len(ids) >= most:
                break
    except Gone:
        return []
    return list(islice(ids, most))


def unknown(names: list[str]) -> NotFound:
    """What to tell where YouTube doesn't know a channel or video."""
    message = f"YouTube knows no {', '.join(names[:5])}. Check the spelling, or paste the address."
    return NotFound(message, details={"targets": [message]})


def _channel(item: Any) -> Channel | None:
    item = thing(item)
    playlists = thing(thing(item.get("contentDetails")).get("relatedPlaylists"))
    name = str(item.get("id") or "")
    title = words(thing(item.get("snippet")).get("title"))[:200] or name
    return Channel(name, title, str(playlists.get("uploads") or "")) if name else None
