"""What a service answered, and what that means as an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

from livinglytics.lib import clock
from livinglytics.lib.errors import (
    BadAnswer,
    BadCredentials,
    NotFound,
    ProductError,
    RateLimited,
    ServiceDown,
    Terminal,
)
from livinglytics.lib.text import excerpt

_SECRET_HEADERS = re.compile(r"auth|cookie|token|secret|key|signature|credential|password|session", re.IGNORECASE)
_QUOTED_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in lower case), unpacked body and the address that answered in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case: ``text/html``."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The decoded body, or BadAnswer saying what came instead."""
        start = self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start:
            raise BadAnswer(f"{self.host} sent an empty answer where data was expected.")
        if start.startswith(b"<"):
            raise BadAnswer(f"{self.host} sent a web page instead of data. Check the address, or sign in again there.")
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            pass
        raise BadAnswer(f"{self.host} sent data that cannot be read: it is not valid JSON or breaks off.")

    def text(self) -> str:
        """The body as text in the charset it declares (else UTF-8); unreadable bytes become ``�``."""
        found = re.search(r"charset=[\"']?([\w.:-]+)", self.headers.get("content-type", ""), re.IGNORECASE)
        try:
            return self.body.decode(found[1] if found else "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    def link(self, rel: str) -> str | None:
        """The address in the ``Link`` header with this relation, such as ``next``."""
        for address, rest in re.findall(r"<([^>]*)>([^<]*)", self.headers.get("link", "")):
            if re.search(rf';\s*rel="?(?:[^";,]*\s)?{re.escape(rel)}(?=["\s;,]|$)', rest):
                return urljoin(self.url, str(address))
        return None

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait from the ``Retry-After`` header, given as seconds or as a date."""
        value = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d+)?", value, re.ASCII):
            return float(value)
        try:
            until = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - clock.now()).total_seconds())


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def encode_json(body: Any) -> bytes:
    """Compact JSON bytes; NaN and infinity raise ValueError."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers for a log line, values that could be secrets hidden."""
    return {name: "•••" if _SECRET_HEADERS.search(name) else value for name, value in headers.items()}


def error_of(answer: Answer, redact: Callable[[str], str]) -> ProductError:
    """The usual error for a status of 400 or more."""
    status, host, wait = answer.status, answer.host, answer.retry_after
    if status == 429 or (status == 403 and wait is not None):
        return RateLimited(f"{host} asks us to slow down.", retry_after=wait, scope=host)
    if status in (401, 403):
        return BadCredentials(f"{host} refused the credentials ({status}). Check them and what they are allowed to do.")
    if status in (404, 410):
        return NotFound(f"{host} does not know this address or item ({status}). Check the settings.")
    if status >= 500 or status in (408, 425):
        return ServiceDown(f"{host} does not work right now ({status}).", retry_after=wait)
    said = excerpt(redact(answer.text()[:20_000]), _QUOTED_CHARACTERS)
    message = f"{host} refused the request ({status})" + (f": {said}" if said else ".")
    return Terminal(message, code="service.refused", details={"status": status, "body": said})
