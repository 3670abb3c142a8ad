"""What people paste: the id of a place, or a link of Google's that carries one. Pure, no network."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from livinglytics.lib.errors import Invalid

FINDER = "https://developers.google.com/maps/documentation/places/web-service/place-id"
_HOW = f"Find the place at {FINDER} and paste the id shown there; it begins with ChIJ."
_SHORT = ("maps.app.goo.gl", "goo.gl", "g.page", "share.google", "g.co")
#: the endings of https://www.google.com/supported_domains, so that google.evil is not taken for Google
_PLAIN = (
    "com cat ad ae al am as at az ba be bf bg bi bj bs bt by ca cd cf cg ch ci cl cm cn cv cz de dj dk dm dz ee es fi "
    "fm fr ga ge gg gl gm gr gy hn hr ht hu ie im iq is it je jo kg ki kz la li lk lt lu lv md me mg mk ml mn mu mv mw "
    "ne nl no nr nu pl pn ps pt ro rs ru rw sc se sh si sk sm sn so sr st td tg tl tm tn to tt vu ws"
)
_CO = "ao bw ck cr id il in jp ke kr ls ma mz nz th tz ug uk uz ve vi za zm zw"
_COM = (
    "af ag ar au bd bh bn bo br bz co cu cy do ec eg et fj gh gi gt hk jm kh kw lb ly mm mt mx my na ng ni np om pa pe "
    "pg ph pk pr py qa sa sb sg sl sv tj tr tw ua uy vc vn"
)
_HOSTS = frozenset(
    f"google.{ending}"
    for ending in (*_PLAIN.split(), *(f"co.{one}" for one in _CO.split()), *(f"com.{one}" for one in _COM.split()))
)
_ID = re.compile(r"ChIJ[A-Za-z0-9_-]{8,240}")
_IN_DATA = re.compile(r"!19s(ChIJ[A-Za-z0-9_-]{8,240})(?![A-Za-z0-9_-])")


def place(pasted: str) -> str:
    """The place id in what a person pasted: itself, or in a link on one of Google's own hosts.

    Nothing is fetched. Raises Invalid that names the field ``place``.
    """
    text = pasted.strip()
    if _ID.fullmatch(text):
        return text
    parts = _address(text)
    host = (parts.hostname or "").rstrip(".") if parts else ""
    if host in _SHORT:
        raise _invalid(f"A short link does not tell the place id. {_HOW}")
    if parts is None or not _own(parts):
        raise _invalid(f"This is neither a place id nor a link to Google Maps. {_HOW}")
    found = _in_address(parts)
    if not found:
        raise _invalid(f"This link carries no place id. {_HOW}")
    return found


def on_google(address: object) -> bool:
    """Is it an https address on one of Google's own hosts?"""
    parts = _address(address) if isinstance(address, str) else None
    return bool(parts and parts.scheme == "https" and _own(parts))


def _address(word: str) -> SplitResult | None:
    if re.search(r"[\s\\]", word) or not word.isprintable():
        return None
    try:
        parts = urlsplit(word if "://" in word else "https://" + word)
        plain = parts.port in (None, 443) and parts.username is None
    except ValueError:
        return None
    return parts if plain and parts.scheme in ("http", "https") else None


def _own(parts: SplitResult) -> bool:
    host = (parts.hostname or "").rstrip(".")
    return re.sub(r"^(?:www|maps|search)\.", "", host) in _HOSTS


def _in_address(parts: SplitResult) -> str:
    query = parse_qs(parts.query)
    named = [query.get(name, [""])[0] for name in ("place_id", "placeid", "query_place_id")]
    named += [one.removeprefix("place_id:") for one in query.get("q", []) if one.startswith("place_id:")]
    named += _IN_DATA.findall(unquote(f"{parts.path}?{parts.query}"))
    return next((one for one in named if _ID.fullmatch(one)), "")


def _invalid(message: str) -> Invalid:
    return Invalid(message, details={"place": [message]})
