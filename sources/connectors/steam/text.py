"""What people paste and what players write: app ids, languages and BBCode. Pure, no network."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from livinglytics.lib.errors import Invalid

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
_CLIENT = re.compile(r"steam://(?:store|run)/(\d{1,10})(?:[/?#]|$)", re.IGNORECASE | re.ASCII)
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
    text = pasted.strip()
    if text.isascii() and text.isdigit():
        return _checked_id(text)
    for word in text.split():
        if "/" in word and (found := _id_in_address(word.strip("<>()\"',"))):
            return _checked_id(found)
    if re.search(r"/(?:sub|bundle)/\d", text):
        raise _invalid("app", "Packages and bundles have no reviews of their own. Paste the address of one game in it.")
    raise _invalid("app", "This is not a Steam app id or store address. It looks like 620 or " + STORE + "/app/620.")


def _id_in_address(word: str) -> str:
    if client := _CLIENT.match(word):
        return client[1]
    if "\\" in word:
        return ""
    try:
        parts = urlsplit(word if "://" in word else "https://" + word)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https"):
        return ""
    for own, path in _PATHS.items():
        if (host == own or host.endswith("." + own)) and (found := path.match(unquote(parts.path))):
            return found[1]
    return ""


def _checked_id(digits: str) -> int:
    if len(digits) > 10 or not 0 < int(digits) < 2**32:
        raise _invalid("app", "This number is not a Steam app id.")
    return int(digits)


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
