"""Which product people mean: an address at Amazon, or an ASIN with a marketplace. Pure, no network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblink
from sources.connectors._base import Unread

MARKETPLACES: Final = (
    *("com", "ca", "com.mx", "com.br", "co.uk", "de", "fr", "it", "es", "nl", "se", "pl", "com.be", "ie", "com.tr"),
    *("ae", "sa", "eg", "in", "co.jp", "sg", "com.au", "co.za", "cn"),
)
HOSTS: Final = tuple(f"amazon.{one}" for one in MARKETPLACES)
#: hosts whose addresses only point to others
SHORT_HOSTS: Final = frozenset({"amzn.to", "amzn.eu", "a.co", "amzn.asia", "amzn.in"})
#: marketplace -> the language its customers write in; absent where they write in several
LANGUAGES: Final = {
    **dict.fromkeys(("com", "co.uk", "ie", "com.au"), "en"),
    **dict.fromkeys(("com.mx", "es"), "es"),
    "com.br": "pt", "de": "de", "fr": "fr", "it": "it", "nl": "nl", "se": "sv", "pl": "pl", "com.tr": "tr",
    "co.jp": "ja", "cn": "zh",
}  # fmt: skip
EXAMPLE: Final = "https://www.amazon.com/dp/B0ABCDEFGH"
REVIEW: Final = "This is one review. Paste the product's address instead."
OTHER_PAGE: Final = f"This page of Amazon is not a product's. Paste the product's address. It looks like {EXAMPLE}."
SHORT: Final = "This short link only points to another address. Open it in a browser and paste the address it leads to."

_HOST = re.compile(r"(?:www\.|smile\.|m\.)?amazon\.([a-z.]+)")
#: Amazon's own numbers begin with B and hold a digit; a book's is its ISBN-10
_ASIN = r"(?:B(?=[A-Z]*\d)[A-Z0-9]{9}|\d{9}[\dX])"
_NAME = re.compile(_ASIN, re.IGNORECASE | re.ASCII)
_PATH = re.compile(
    rf"""(?:/-/[a-z]{{2}}(?:[-_][a-z]{{2}})?)?
    (?: (?:/[^/]+){{0,3}}?/(?:dp|product-reviews)
      | /gp/(?:product|aw/d|offer-listing)
      | /exec/obidos/(?:asin|tg/detail/-)
      | /o/asin
    )/({_ASIN})(?![a-z0-9])""",
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
_ONE_REVIEW = re.compile(r"(?:/-/[a-z_-]{2,5})?/(?:gp/customer-reviews|review)/R[A-Z0-9]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Product:
    """A product in one marketplace: the same ASIN in another one has other reviews."""

    asin: str
    marketplace: str

    @property
    def key(self) -> str:
        """What tells it from all others: ``de:B0ABCDEFGH``."""
        return f"{self.marketplace}:{self.asin}"

    @property
    def site(self) -> str:
        """The address of its marketplace, without a closing slash."""
        return f"https://www.amazon.{self.marketplace}"

    @property
    def url(self) -> str:
        """The shortest address of its page."""
        return f"{self.site}/dp/{self.asin}"


def at(link: Weblink) -> Product | Unread | None:
    """The product that an address leads to; None for an address that is not of Amazon's shops."""
    if link.host in SHORT_HOSTS:
        return Unread(SHORT, short=True) if link.steps else None
    host = _HOST.fullmatch(link.host)
    if host is None or host[1] not in MARKETPLACES:
        return None
    path = "/" + "/".join(link.steps)
    if _ONE_REVIEW.match(path):
        return Unread(REVIEW)
    asin = asin_in(path) or _asin_of_query(link)
    return Product(asin, host[1]) if asin else Unread(OTHER_PAGE)


def named(text: str) -> Product | None:
    """The product with this ASIN in the marketplace amazon.com."""
    bare = text.strip()
    return Product(bare.upper(), "com") if _NAME.fullmatch(bare) else None


def wanted(pasted: str, marketplace: str) -> Product:
    """The product that a person entered; an address names its marketplace itself.

    Raises Invalid that names the field at fault.
    """
    text = pasted.strip()
    if _NAME.fullmatch(text):
        if marketplace not in MARKETPLACES:
            raise invalid("marketplace", "Choose one of Amazon's marketplaces.")
        return Product(text.upper(), marketplace)
    link = weblink(text)
    found = at(link) if link else None
    if isinstance(found, Product):
        return found
    usual = f"This is not a product at Amazon. It looks like {EXAMPLE} or B0ABCDEFGH."
    raise invalid("product", found.message if found else usual)


def asin_in(path: str) -> str:
    """The ASIN in the path of a product's page, or nothing."""
    found = _PATH.match(path)
    return found[1].upper() if found else ""


def invalid(field: str, message: str) -> Invalid:
    """A setting that is wrong."""
    return Invalid(message, details={field: [message]})


def _asin_of_query(link: Weblink) -> str:
    named = next((value for name, value in link.query.items() if name.lower() == "asin"), "")
    return named.upper() if _NAME.fullmatch(named) else ""
