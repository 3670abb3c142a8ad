"""Which company a person means: a website's domain, or its page on Trustpilot. Pure, no network."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from livinglytics.lib.errors import Invalid

#: Trustpilot's site, and the same by country or language: de.trustpilot.com, fr-be.trustpilot.com
HOST = re.compile(r"(?:(?:www|[a-z]{2}(?:-[a-z]{2})?)\.)?trustpilot\.com")
HOSTS = ("trustpilot.com", "www.trustpilot.com")
_PAGE = re.compile(r"/(?:review|evaluate)/([^/]+)(?:/|$)")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")


def domain_of(pasted: str) -> str:
    """The domain as it was given: Trustpilot holds example.com and www.example.com for two companies.

    Nothing is fetched. Raises Invalid that names the field ``domain``.
    """
    text = pasted.strip().strip("<>\"'")
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise _invalid() from None
    if parts.scheme.lower() not in ("http", "https") or "\\" in text:
        raise _invalid()
    if HOST.fullmatch(host):
        page = _PAGE.match(unquote(parts.path))
        return _checked(page[1] if page else "")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _invalid()
    return _checked(_bare(parts.netloc))


def _bare(place: str) -> str:
    """The host as it is spelled, where nothing but a usual port stands around it."""
    return re.sub(r":(?:80|443)?$", "", place).rstrip(".")


def _checked(domain: str) -> str:
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise _invalid()
    return domain


def _invalid() -> Invalid:
    message = (
        "This is neither a domain nor a company's page on Trustpilot. It looks like example.com or "
        "https://www.trustpilot.com/review/example.com."
    )
    return Invalid(message, details={"domain": [message]})
