"""The one way out to the web.

Every outgoing call of the product goes through a ``Client``: it refuses private
addresses, follows redirects by hand, limits time and size (also after unpacking), tries
again where that helps, and turns a service's answer into the errors of
``livinglytics.lib.errors`` with secrets taken out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, Literal
from urllib.parse import urlencode, urljoin

from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from livinglytics.lib import clock
from livinglytics.lib.addresses import (
    STANDARD_PORTS,
    Resolve,
    Target,
    addresses_of,
    check_place,
    check_url,
    system_resolve,
)
from livinglytics.lib.answers import Answer, encode_json, error_of
from livinglytics.lib.connections import Deadline, Guard, body_of, guarded_pools, meaning_of
from livinglytics.lib.errors import AddressRefused, BadAnswer, ProductError, Transient

Method = Literal["GET", "POST"]
Classify = Callable[[Answer], ProductError | None]

#: A service that asks for a longer wait than this gets its job put back in the queue instead.
LONGEST_WAIT = 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: What may still be told to another server after a redirect: never keys, cookies or own headers.
_HARMLESS_HEADERS = frozenset({"accept", "accept-language", "accept-encoding", "user-agent"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and counts that bound one call. ``total`` bounds one try including redirects."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 120.0
    max_bytes: int = 20_000_000
    tries: int = 5
    redirects: int = 5
    ports: frozenset[int] = STANDARD_PORTS


@dataclass(frozen=True, slots=True)
class _Call:
    method: Method
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def _nothing() -> None:
    """Nobody counts."""


def _unchanged(text: str) -> str:
    return text


class Client:
    """Calls web services and web pages.

    ``allow_private``: ``host:port`` texts an operator trusts although they are private or use another port.
    ``wait``: sleeps between tries; may raise to cancel. ``redact``: takes known secrets out of messages.
    ``classify``: turns an answer of 400 or more into an error of its own, or None for the usual one.
    ``resolve``: host, port -> addresses. ``headers`` go with every call. The attribute ``before`` is called
    ahead of every try; it may wait, or raise.
    """

    def __init__(
        self,
        *,
        limits: Limits = Limits(),
        allow_private: frozenset[str] = frozenset(),
        wait: Callable[[float], None] = clock.sleep,
        redact: Callable[[str], str] = _unchanged,
        classify: Classify | None = None,
        resolve: Resolve = system_resolve,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.limits = limits
        self.before: Callable[[], None] = _nothing
        self.allow_private = frozenset(place.lower() for place in allow_private)
        self._wait = wait
        self._redact = redact
        self._classify = classify
        self._resolve = resolve
        self._headers = {"user-agent": "LivingLytics/1.0", "accept-encoding": "gzip", **_lowered(headers)}
        self._deadline = Deadline()
        self._aborted = False
        self._pools = guarded_pools(Guard(resolve, self.allow_private), self._deadline)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        classify: Classify | None = None,
    ) -> Answer:
        """The whole answer with status and headers. Raises for every status of 400 or more."""
        return self._patiently(self._call("GET", _with_params(url, params), headers), classify)

    def get_json(
        self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The decoded JSON body. Raises Transient, RateLimited or Terminal errors."""
        wanted = {"accept": "application/json", **_lowered(headers)}
        return self.get(url, params=params, headers=wanted).json()

    def get_bytes(
        self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """The unpacked body."""
        return self.get(url, params=params, headers=headers).body

    def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None, classify: Classify | None = None
    ) -> Answer:
        """The whole answer to a POST. Redirects are not followed; tries are repeated like those of ``get``."""
        return self._patiently(self._call("POST", url, headers, body), classify)

    def post_json(self, url: str, *, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        """As ``get_json`` for a POST with a JSON body."""
        sent = {"accept": "application/json", "content-type": "application/json", **_lowered(headers)}
        return self.post(url, body=encode_json(body), headers=sent).json()

    def send(
        self, method: Method, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One try, no redirects, any status returned as it is, a body over the limit cut off.

        For deliveries that keep their own schedule. Raises Transient if no answer came.
        """
        with self._deadline.within(self.limits.total) as expired:
            return self._hop(self._call(method, url, headers, body), self.check(url), expired, cut=True)

    def check(self, url: str) -> Target:
        """The URL in its parts if its spelling is allowed, else AddressRefused. Nothing is called or looked up."""
        return check_url(url, ports=self.limits.ports, allow_private=self.allow_private)

    def addresses(self, host: str, port: int, *, ports: Collection[int] = STANDARD_PORTS) -> list[str]:
        """The numeric addresses of ``host``, looked up once, that a program of its own may connect to at ``port``.

        The rules are those of every call: AddressRefused for a private address or another port than ``ports`` that
        the operator did not allow, Terminal for an unknown name, ServiceDown where it can't be looked up now.
        """
        host = host.lower()
        trusted = check_place(host, port, ports=ports, allow_private=self.allow_private)
        return addresses_of(host, port, resolve=self._resolve, trusted=trusted)

    def abort(self) -> None:
        """Cut the requests under way, from another thread. They raise Transient, and nothing is tried again."""
        self._aborted = True
        self._deadline.cut_all()

    def close(self) -> None:
        """Close idle connections."""
        self._pools.clear()

    def _call(self, method: Method, url: str, headers: Mapping[str, str] | None, body: bytes | None = None) -> _Call:
        return _Call(method, url, {**self._headers, **_lowered(headers)}, body)

    def _patiently(self, call: _Call, classify: Classify | None) -> Answer:
        attempt = 1
        while True:
            try:
                return self._once(call, classify or self._classify)
            except Transient as error:
                pause = _pause_before(attempt, error)
                if self._aborted or attempt >= self.limits.tries or pause > LONGEST_WAIT:
                    raise
            self._wait(pause)
            attempt += 1

    def _once(self, call: _Call, classify: Classify | None) -> Answer:
        self.before()
        try:
            with self._deadline.within(self.limits.total) as expired:
                answer = self._follow(call, expired)
            if answer.status < 400:
                return answer
            raise (classify(answer) if classify else None) or error_of(answer, self._redact)
        except ProductError as error:
            error.message = self._redact(error.message)
            raise

    def _follow(self, call: _Call, expired: Event) -> Answer:
        target = self.check(call.url)
        trusted = target.place in self.allow_private
        for _ in range(self.limits.redirects + 1):
            answer = self._hop(call, target, expired)
            location = answer.headers.get("location", "").strip()
            if answer.status not in _REDIRECTS or not location:
                return answer
            if call.method != "GET":
                raise BadAnswer(f"{target.host} has moved ({answer.status}). Enter its new address.")
            call, target = self._redirected(call, target, location, trusted=trusted)
        raise BadAnswer(f"{target.host} redirects more than {self.limits.redirects} times. Enter the final address.")

    def _redirected(self, call: _Call, target: Target, location: str, *, trusted: bool) -> tuple[_Call, Target]:
        try:
            url = urljoin(target.url, location.replace(" ", "%20"))
        except ValueError:
            raise AddressRefused(f"{target.host} redirects to an address that cannot be read.") from None
        following = self.check(url)
        if following.place in self.allow_private and not trusted:
            # An operator trusts an address for those who name it, not for any page on the web that points there.
            raise AddressRefused(f"{target.host} redirects into a private network.")
        if (target.scheme, following.scheme) == ("https", "http"):
            raise AddressRefused(f"{target.host} redirects from https to http. Enter the final address.")
        headers = call.headers
        if following.origin != target.origin:
            headers = {name: value for name, value in headers.items() if name in _HARMLESS_HEADERS}
        return replace(call, url=url, headers=headers), following

    def _hop(self, call: _Call, target: Target, expired: Event, *, cut: bool = False) -> Answer:
        limits = self.limits
        problem: Exception
        try:
            response = self._pools.urlopen(
                call.method,
                target.url,
                redirect=False,
                body=call.body,
                headers=dict(call.headers),
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=min(limits.connect, limits.total), read=min(limits.read, limits.total)),
            )
            with response:
                body = body_of(response, target.host, limits.max_bytes, cut=cut)
            if not expired.is_set():
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, body, target.url)
            problem = TimeoutError()
        except (HTTPError, OSError, ValueError) as error:
            problem = error
        raise meaning_of(problem, target.host, expired=expired.is_set()) from problem


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items() if name.lower() != "host"}


def _with_params(url: str, params: Mapping[str, Any] | None) -> str:
    """``url`` with the parameters behind it; None is left out, a list is repeated."""
    sent = {name: value for name, value in (params or {}).items() if value is not None}
    if not sent:
        return url
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(sent, doseq=True)}{mark}{fragment}"


def _pause_before(attempt: int, error: Transient) -> float:
    if error.retry_after is not None:
        return error.retry_after
    return random.uniform(0, min(LONGEST_WAIT, 2.0 ** (attempt - 1)))
