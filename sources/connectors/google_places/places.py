"""What people paste: the id of a place, or a link of Google's that carries one. Pure, no network."""

from __future__ import annotations

import re
from urllib.parse import unquote

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblink, weblinks
from sources.connectors._base import Recognised, Unread

FINDER = "https://developers.google.com/maps/documentation/places/web-service/place-id"
_HOW = f"Find the place at {FINDER} and paste the id shown there; it begins with ChIJ."
_SHORT = ("maps.app.goo.gl", "g.page", "share.google")
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
#: an address and nothing else, without a user and an unusual port
_ALONE = re.compile(r"https://[^/?#@:\\]+(?::443)?(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_IN_DATA = re.compile(r"!19s(ChIJ[A-Za-z0-9_-]{8,240})(?![A-Za-z0-9_-])")


def place(pasted: str) -> str:
    """The place id in what a person pasted: itself, or in a link on one of Google's own hosts.

    Nothing is fetched. Raises Invalid that names the field ``place``.
    """
    found = [named(pasted), *map(recognise, weblinks(pasted))]
    if places := [one for one in found if isinstance(one, Recognised)]:
        return places[0].external_id
    refused = [one.message for one in found if isinstance(one, Unread)]
    message = refused[0] if refused else f"This is neither a place id nor a link to Google Maps. {_HOW}"
    raise Invalid(message, details={"place": [message]})


def named(text: str) -> Recognised | None:
    """The place with this bare id."""
    place_id = text.strip()
    if not _ID.fullmatch(place_id):
        return None
    address = f"https://www.google.com/maps/place/?q=place_id:{place_id}"
    return Recognised("business", place_id, address, {"place": place_id})


def recognise(link: Weblink) -> Recognised | Unread | None:
    """The place whose id a link of Google's carries. One with a name or Google's older numbers needs a look-up."""
    if link.host in _SHORT or (link.host == "goo.gl" and link.steps[:1] == ("maps",)):
        return Unread(f"A short link does not tell the place id. {_HOW}", short=True)
    if link.host == "g.co" and link.steps[:1] == ("kgs",):
        return Unread(f"A short link does not tell the place id. {_HOW}")
    if not _own(link):
        return None
    return next(filter(None, map(named, _ids(link))), None) or Unread(f"This link carries no place id. {_HOW}")


def on_google(address: object) -> bool:
    """Is it an https address on one of Google's own hosts?"""
    alone = isinstance(address, str) and address.isprintable() and _ALONE.fullmatch(address)
    link = weblink(alone[0]) if alone else None
    return link is not None and _own(link)


def _own(link: Weblink) -> bool:
    return re.sub(r"^(?:www|maps|search)\.", "", link.host) in _HOSTS


def _ids(link: Weblink) -> list[str]:
    """What stands where a place id can."""
    found = [link.query.get(name, "") for name in ("place_id", "placeid", "query_place_id")]
    if (asked := link.query.get("q", "")).startswith("place_id:"):
        found.append(asked.removeprefix("place_id:"))
    return [*found, *_IN_DATA.findall(unquote(link.url))]
