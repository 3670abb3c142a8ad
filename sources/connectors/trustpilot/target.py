"""Which company a person means: a website's domain, or its page on Trustpilot. Pure, no network."""

from __future__ import annotations

import re

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink, weblinks
from sources.connectors._base import Recognised, Unread

#: Trustpilot's site, and the same by country or language: de.trustpilot.com, fr-be.trustpilot.com
HOST = re.compile(r"(?:(?:www|[a-z]{2}(?:-[a-z]{2})?)\.)?trustpilot\.com")
HOSTS = ("trustpilot.com", "www.trustpilot.com")
_SITE = "https://www.trustpilot.com"
_PAGE = re.compile(r"/(?:review|evaluate)/([^/]+)(?:/|$)")
_ONE_REVIEW = re.compile(r"/reviews/[0-9a-f]{24}(?:/|$)", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
#: a website's root as people write it, with nothing but a usual port around its domain
_ROOT = re.compile(r"(?:https?://)?([^\s/?#@:]*[^\s/?#@:.])\.*(?::(?:80|443)?(?!//))?/*\??#?", re.IGNORECASE)
_LIKE = f"It looks like example.com or {_SITE}/review/example.com."


def domain_of(pasted: str) -> str:
    """The domain as it was given: Trustpilot holds example.com and www.example.com for two companies.

    Nothing is fetched. Raises Invalid that names the field ``domain``.
    """
    found = [named(pasted), *map(recognise, weblinks(pasted))]
    if companies := [one for one in found if isinstance(one, Recognised)]:
        return str(companies[0].config["domain"])
    refused = [one.message for one in found if isinstance(one, Unread)]
    message = refused[0] if refused else f"This is neither a domain nor a company's page on Trustpilot. {_LIKE}"
    raise Invalid(message, details={"domain": [message]})


def named(text: str) -> Recognised | None:
    """The company with this website, written as its bare domain or the address of its first page."""
    root = _ROOT.fullmatch(text.strip().strip("<>\"'"))
    return _company(root[1]) if root and not HOST.fullmatch(root[1].lower()) else None


def recognise(link: Weblink) -> Recognised | Unread | None:
    """The company whose page on Trustpilot this is."""
    if not HOST.fullmatch(link.host):
        return None
    page = _PAGE.match(link.path)
    if company := _company(page[1]) if page else None:
        return company
    if _ONE_REVIEW.match(link.path):
        return Unread(f"This is one review. Paste the address of the company's page. {_LIKE}")
    return Unread(f"This is not a company's page on Trustpilot. {_LIKE}")


def _company(domain: str) -> Recognised | None:
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        return None
    return Recognised("business", domain.lower(), f"{_SITE}/review/{domain}", {"domain": domain})
