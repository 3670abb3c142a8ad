"""What people paste: the alias, id or address of a business on Yelp. Pure, no network."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from livinglytics.lib.errors import Invalid

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


def place(pasted: str) -> str:
    """The alias or id in what a person pasted: itself, or an address on one of Yelp's own hosts.

    Percent-encoding is undone once and nothing is fetched. Raises Invalid that names the field ``business``.
    """
    text = pasted.strip()
    if text and not re.search(r"[\s/.:?#@\\]", text):
        return _named(text)
    for word in text.split():
        parts = _address(word.strip("<>()\"',"))
        if parts and (found := _in_address(parts)):
            return _named(found)
        if parts and (parts.hostname or "") == "yelp.to":
            raise _invalid("Open this short link in a browser and paste the address it leads to.")
    raise _invalid(f"This is not a business on Yelp. It looks like {SITE}/biz/some-cafe-berlin or some-cafe-berlin.")


def on_yelp(address: object) -> bool:
    """Is it an https address on one of Yelp's own hosts?"""
    parts = _address(address) if isinstance(address, str) else None
    return bool(parts and parts.scheme == "https" and _own(parts))


def _address(word: str) -> SplitResult | None:
    if "\\" in word or not ("/" in word or "." in word):
        return None
    try:
        parts = urlsplit(word if "://" in word else "https://" + word)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def _own(parts: SplitResult) -> bool:
    host = (parts.hostname or "").rstrip(".")
    return any(host.endswith(own) and _PREFIX.fullmatch(host.removesuffix(own)) for own in HOSTS)


def _in_address(parts: SplitResult) -> str:
    if not _own(parts):
        return ""
    if parts.path.rstrip("/") == "/biz_redir":  # a button on Yelp; the business is a parameter, decoded with the query
        found = parse_qs(parts.query).get("src_bizid", [""])[0]
        return found if _NAME.fullmatch(found) else ""
    match = _PATH.match(parts.path)
    return match[1] if match else ""


def _named(written: str) -> str:
    """The name decoded once. What is still encoded then, or could leave its place in a path, is refused."""
    try:
        name = unicodedata.normalize("NFC", unquote(written, errors="strict"))
    except UnicodeDecodeError:
        name = ""
    plain = "".join(sign if sign.isascii() else "x" for sign in name)
    if not _NAME.fullmatch(plain) or not name.isprintable():
        raise _invalid("This is not the name of a business on Yelp. Paste the address of its page.")
    return name


def _invalid(message: str) -> Invalid:
    return Invalid(message, details={"business": [message]})
