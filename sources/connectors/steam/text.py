"""What people paste and what players write: app ids, languages and BBCode. Pure, no network."""

from __future__ import annotations

import re
from typing import Any

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblinks
from sources.connectors._base import Recognised, Unread

STORE = "https://store.steampowered.com"
#: what Steam calls a language -> its tag; where two share a tag, the first is asked for
TAGS = {
    "arabic": "ar", "bulgarian": "bg", "schinese": "zh-CN", "tchinese": "zh-TW", "czech": "cs", "danish": "da",
    "dutch": "nl", "english": "en", "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hungarian": "hu",
    "indonesian": "id", "italian": "it", "japanese": "ja", "koreana": "ko", "korean": "ko", "malay": "ms",
    "norwegian": "no", "polish": "pl", "portuguese": "pt", "brazilian": "pt-BR", "romanian": "ro", "russian": "ru",
    "spanish": "es", "latam": "es-419", "swedish": "sv", "thai": "th", "turkish": "tr", "ukrainian": "uk",
    "vietnamese": "vi",
}  # fmt: skip
NAMES = {tag.lower(): name for name, tag in reversed(TAGS.items())}

_PATHS = {
    "store.steampowered.com": re.compile(r"/(?:agecheck/|news/)?app/(\d{1,10})(?:/|$)", re.ASCII),
    "steamcommunity.com": re.compile(r"/(?:app|games)/(\d{1,10})(?:/|$)", re.ASCII),
    "s.team": re.compile(r"/a/(\d{1,10})(?:/|$)", re.ASCII),
    "steamdb.info": re.compile(r"/app/(\d{1,10})(?:/|$)", re.ASCII),
}
HOSTS = tuple(_PATHS)
_CLIENT = re.compile(r"/(\d{1,10})(?:/|$)", re.ASCII)
_SEVERAL = re.compile(r"/(?:sub|bundle)/\d", re.ASCII)
_LIKE = f"It looks like 620 or {STORE}/app/620."
_TAG = re.compile(
    r"\[(/?)(b|i|u|h[1-6]|p|strike|spoiler|noparse|hr|url|img|list|olist|\*|quote|code|table|tr|td|th)"
    r"(?:=[^\]\n]{0,500})?\]",
    re.IGNORECASE,
)
_NOPARSE = re.compile(r"(\[noparse\][\s\S]*?\[/noparse\])", re.IGNORECASE)
_IMAGE = re.compile(r"\[img\][^\[\]\n]{0,500}\[/img\]", re.IGNORECASE)
_BREAKS = {"hr", "quote", "list", "olist", "tr", "code", "p", "h1", "h2", "h3", "h4", "h5", "h6"}


def app_id(pasted: str) -> int:
    """The app id in what a person pasted: the number, or an address on one of Steam's own hosts.

    Nothing is fetched. Raises Invalid that names the field ``app``.
    """
    found = [named(pasted), *map(recognise, weblinks(pasted))]
    if games := [one for one in found if isinstance(one, Recognised)]:
        return int(games[0].external_id)
    refused = [one.message for one in found if isinstance(one, Unread)]
    raise _invalid("app", refused[0] if refused else f"This is not a Steam app id or store address. {_LIKE}")


def named(text: str) -> Recognised | None:
    """The game with this app id, written as a bare number."""
    digits = text.strip()
    return _game(digits) if digits.isascii() and digits.isdigit() else None


def recognise(link: Weblink) -> Recognised | Unread | None:
    """The game that an address on one of Steam's own hosts, or one for its client, belongs to."""
    if link.scheme == "steam":
        found = _CLIENT.match(link.path) if link.host in ("store", "run") else None
    elif own := [path for host, path in _PATHS.items() if link.within(host)]:
        found = own[0].match(link.path)
    else:
        return None
    if game := _game(found[1]) if found else None:
        return game
    if _SEVERAL.match(link.path):
        return Unread("Packages and bundles have no reviews of their own. Paste the address of one game in it.")
    return Unread(f"This address at Steam does not lead to a game. {_LIKE}")


def _game(digits: str) -> Recognised | None:
    """The game with this id; None where Steam has no such number."""
    if len(digits) > 10 or not 0 < int(digits) < 2**32:
        return None
    address = f"{STORE}/app/{int(digits)}"
    return Recognised("game", str(int(digits)), address, {"app": address})


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, details={field: [message]})


def languages(chosen: Any) -> list[str]:
    """Steam's names of the chosen languages, ["all"] for none; Invalid for an unknown one."""
    lines = chosen.splitlines() if isinstance(chosen, str) else chosen or ()
    wanted = [line.strip().lower() for line in lines if line.strip()]
    if not wanted or "all" in wanted:
        return ["all"]
    for one in wanted:
        if one not in TAGS and one not in NAMES:
            raise _invalid("languages", f"Steam has no language “{one[:40]}”. Use names like english or tags like de.")
    return sorted({one if one in TAGS else NAMES[one] for one in wanted})


def plain(text: str) -> str:
    """Review text without Steam's BBCode. Square brackets that are no known tag stay."""
    pieces = _NOPARSE.split(text)
    pieces[::2] = [_TAG.sub(_shown, _IMAGE.sub("", piece)) for piece in pieces[::2]]
    pieces[1::2] = [piece[len("[noparse]") : -len("[/noparse]")] for piece in pieces[1::2]]
    return re.sub(r"\n{3,}", "\n\n", "".join(pieces)).strip()


def _shown(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name == "*":
        return "" if tag[1] else "\n• "
    if name in ("td", "th"):
        return " " if tag[1] else ""
    return "\n" if name in _BREAKS else ""
