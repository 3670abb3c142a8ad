"""Sockets that only open to checked addresses, and that can be cut off at a deadline."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as ConnectionTimeout
from urllib3.util import Timeout

from livinglytics.lib.addresses import Resolve, addresses_of, check_ip
from livinglytics.lib.errors import AddressRefused, BadAnswer, ProductError, ServiceDown, Terminal, TooLarge

_CHUNK = 65_536


# Its debug lines hold whole URLs, and with them keys.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Guard:
    """Opens a socket to the address that was checked, so that a second DNS answer changes nothing."""

    resolve: Resolve
    allow_private: Collection[str] = frozenset()

    def connect(self, connection: HTTPConnection) -> socket.socket:
        host = connection.host.strip("[]").lower()
        place = f"[{host}]:{connection.port}" if ":" in host else f"{host}:{connection.port}"
        trusted = place in self.allow_private
        timeout = Timeout.resolve_default_timeout(connection.timeout)
        last: OSError = OSError("no address")
        for address in addresses_of(host, connection.port, resolve=self.resolve, trusted=trusted):
            try:
                opened = socket.create_connection((address, connection.port), timeout)
            except OSError as error:
                last = error
                continue
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened if trusted else checked(opened)
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(connection, "connecting took too long") from last
        raise NewConnectionError(connection, f"no connection: {last.strerror or 'refused'}") from last


def checked(opened: socket.socket) -> socket.socket:
    """The socket if it really leads to a public address; otherwise it is closed and AddressRefused raised."""
    try:
        check_ip(str(opened.getpeername()[0]))
    except AddressRefused:
        opened.close()
        raise
    return opened


class Deadline:
    """Cuts the thread's current connection when the time is up, however slowly bytes drip in."""

    def __init__(self) -> None:
        self._current = threading.local()
        self._running: dict[int, tuple[dict[str, Any], threading.Event]] = {}

    def watch(self, connection: HTTPConnection) -> None:
        """Remember the socket that this thread talks over; TimeoutError when the time is up already.

        The socket, because a connection lets go of it while an answer is still being read.
        """
        self._current.sock = connection.sock
        expired = getattr(self._current, "expired", None)
        if expired is not None and expired.is_set():
            raise TimeoutError("the deadline passed")

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[threading.Event]:
        """The event is set once the time ran out and the connection was cut."""
        expired = threading.Event()
        holder = self._current
        holder.sock, holder.expired = None, expired
        timer = threading.Timer(max(seconds, 0), _cut, (holder.__dict__, expired))
        timer.daemon = True
        timer.start()
        self._running[threading.get_ident()] = (holder.__dict__, expired)
        try:
            yield expired
        finally:
            del self._running[threading.get_ident()]
            timer.cancel()
            holder.sock = holder.expired = None

    def cut_all(self) -> None:
        """Cut whatever is being asked now, from another thread: the askers see their time run out."""
        for holder, expired in list(self._running.values()):
            _cut(holder, expired)


def _cut(holder: dict[str, Any], expired: threading.Event) -> None:
    expired.set()
    sock = holder.get("sock")
    if sock is not None:
        with contextlib.suppress(OSError):
            # Not SSLSocket.shutdown: that drops the TLS layer under a thread that is still reading.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def guarded_pools(guard: Guard, deadline: Deadline) -> PoolManager:
    """A pool manager that has no other way out than ``guard``; it reads no proxy or netrc settings."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return guard.connect(self)

        def request(self, *args: Any, **how: Any) -> None:
            deadline.watch(self)
            super().request(*args, **how)
            deadline.watch(self)

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return guard.connect(self)

        def request(self, *args: Any, **how: Any) -> None:
            deadline.watch(self)
            super().request(*args, **how)
            deadline.watch(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    manager = PoolManager(num_pools=10, maxsize=4, retries=False)
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
    return manager


def body_of(response: BaseHTTPResponse, host: str, most: int, *, cut: bool) -> bytes:
    """The unpacked body of at most ``most`` bytes; a longer one raises TooLarge, or ends there with ``cut``."""
    too_large = TooLarge(f"{host} sent more than {most // 1_000_000 or 1} MB, which is the limit for one answer.")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most and not cut:
        raise too_large
    body = bytearray()
    for chunk in response.stream(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > most:
            if not cut:
                raise too_large
            return bytes(body[:most])
    return bytes(body)


def meaning_of(error: Exception, host: str, *, expired: bool) -> ProductError:
    """The product's error for what the connection ran into. Never quotes the URL: it may hold a key."""
    if expired:
        return ServiceDown(f"{host} took too long to answer.")
    match error:
        case ConnectionTimeout() if not isinstance(error, NewConnectionError):
            return ServiceDown(f"{host} did not answer in time.")
        case SSLError() if error.args and isinstance(error.args[0], ssl.CertificateError):
            message = f"The certificate of {host} is not valid, so nothing was sent. Check the address."
            return Terminal(message, code="service.certificate", status=502)
        case DecodeError():
            return BadAnswer(f"{host} sent data that cannot be unpacked.")
        case LocationParseError():
            return AddressRefused("This is not a web address that can be read.")
        case NewConnectionError():
            return ServiceDown(f"No connection to {host}.")
        case HTTPError() | OSError():
            return ServiceDown(f"The connection to {host} broke off.")
    return Terminal("A header or address holds characters that cannot be sent. Check keys for blanks and line breaks.")
