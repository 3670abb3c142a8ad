"""What people paste: the alias, id or address of a business on Yelp. Pure, no network."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblink, weblinks
from sources.connectors._base import Recognised, Unread

SITE = "https://www.yelp.com"
#: Yelp's own sites, one for each country; every one of them may stand behind www., m. or a language (fr.yelp.ca)
_ENDINGS = (
    *("com", "ca", "co.uk", "ie", "de", "fr", "it", "es", "nl", "be", "at", "ch", "se", "no", "dk", "fi", "pl", "pt"),
    *("com.au", "co.nz", "co.jp", "com.mx", "com.br", "com.ar", "cl", "com.sg", "com.hk", "com.tw", "com.ph", "my"),
    *("cz", "com.tr"),
)
HOSTS = tuple(f"yelp.{ending}" for ending in _ENDINGS)
_PREFIX = re.compile(r"(?:www\.|m\.)?(?:[a-z]{2}\.)?", re.ASCII)
_PATH = re.compile(r"/(?:biz|biz_photos|writeareview/biz)/([^/]+)")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
#: an id tells capitals apart, an alias has none
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_LIKE = f"It looks like {SITE}/biz/some-cafe-berlin or some-cafe-berlin."


def place(pasted: str) -> str:
    """The alias or id in what a person pasted: itself, or an address on one of Yelp's own hosts.

    Percent-encoding is undone once and nothing is fetched. Raises Invalid that names the field ``business``.
    """
    found = [named(pasted), *map(recognise, weblinks(pasted))]
    if businesses := [one for one in found if isinstance(one, Recognised)]:
        return businesses[0].url.removeprefix(f"{SITE}/biz/")
    refused = [one.message for one in found if isinstance(one, Unread)]
    message = refused[0] if refused else f"This is not a business on Yelp. {_LIKE}"
    raise Invalid(message, details={"business": [message]})


def named(text: str) -> Recognised | None:
    """The business with this bare alias or id."""
    name = text.strip()
    return None if re.search(r"[\s/.:?#@\\]", name) else _business(name)


def recognise(link: Weblink) -> Recognised | Unread | None:
    """The business whose page on one of Yelp's own hosts this is. Its alias and its id only Yelp can tell for one."""
    if link.host == "yelp.to":
        return Unread("This is a short link. Open it in a browser and paste the address it leads to.", short=True)
    if not _own(link):
        return None
    path = urlsplit(link.url).path  # as it came, so that an encoded slash ends no name
    if path.rstrip("/") == "/biz_redir":  # a button on Yelp; the business is a parameter, decoded with the query
        name = link.query.get("src_bizid", "")
        found = _business(name) if _NAME.fullmatch(name) else None
    else:
        match = _PATH.match(path)
        found = _business(match[1]) if match else None
    return found or Unread(f"This is not the page of a business on Yelp. {_LIKE}")


def on_yelp(address: object) -> bool:
    """Is it an https address on one of Yelp's own hosts?"""
    link = weblink(address) if isinstance(address, str) else None
    return bool(link and link.scheme == "https" and _own(link))


def _own(link: Weblink) -> bool:
    return any(link.host.endswith(own) and _PREFIX.fullmatch(link.host.removesuffix(own)) for own in HOSTS)


def _business(written: str) -> Recognised | None:
    """The name decoded once. What is still encoded then, or could leave its place in a path, is refused."""
    name = unicodedata.normalize("NFC", unquote(written))
    plain = "".join("x" if not sign.isascii() and unicodedata.category(sign)[0] in "LMN" else sign for sign in name)
    if not _NAME.fullmatch(plain):
        return None
    external_id = name if _ID.fullmatch(name) else name.lower()
    return Recognised("business", external_id, f"{SITE}/biz/{name}", {"business": f"{SITE}/biz/{name}"})
