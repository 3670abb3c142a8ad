"""Which web addresses the server may call.

A person's text must never make the server talk to its own network. The rules are
checked twice: on the spelling of the URL (``check_url``) and on the address of the
socket (``check_ip``), because only the second knows where a name really leads.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from livinglytics.lib.errors import AddressRefused, ServiceDown, Terminal

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
#: host, port -> numeric addresses
Resolve = Callable[[str, int], Sequence[str]]

STANDARD_PORTS = frozenset({80, 443})

#: IANA special-purpose registries, plus cloud metadata services on public addresses.
_DENIED_V4 = tuple(
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
#: Only global unicast is ever called, so mapped, compatible, NAT64, link-local, unique-local
#: and multicast addresses fall out; inside it these are special (Teredo, 6to4, documentation …).
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_DENIED_V6 = tuple(
    ipaddress.IPv6Network(net)
    for net in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20")
)
_LOCAL_NAMES = re.compile(r"(^|\.)(localhost|localdomain|local|internal|intranet|lan|home\.arpa)$")
_NUMERIC_LABEL = re.compile(r"^(0x[0-9a-f]*|\d+)$", re.ASCII)
_HOST = re.compile(r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$", re.ASCII)
_AUTHORITY = re.compile(r"^[^/?#]*//([^/?#]*)")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL in its parts; ``host`` is lower case, an IPv6 address without brackets."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.place}"

    @property
    def place(self) -> str:
        """``host:port``, the form in which an operator allows a private address."""
        return place_of(self.host, self.port)


def is_public(address: str) -> bool:
    """Is this numeric address an ordinary one of the public internet?"""
    try:
        ip: IPAddress = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in net for net in _DENIED_V4)
    return ip in _GLOBAL_V6 and ip.scope_id is None and not any(ip in net for net in _DENIED_V6)


def check_ip(address: str) -> None:
    """Raises AddressRefused unless ``is_public``."""
    if not is_public(address):
        raise AddressRefused("This address leads into a private network. Use a public one.")


def check_url(
    url: str, *, ports: Collection[int] = STANDARD_PORTS, allow_private: Collection[str] = frozenset()
) -> Target:
    """The parts of an http(s) URL whose spelling is harmless, or AddressRefused saying what to change.

    ``allow_private`` holds ``host:port`` texts that the operator trusts. No name is looked up here.
    """
    parts = _parse(url)
    scheme = (parts.scheme or "").lower()
    if scheme not in ("http", "https"):
        raise AddressRefused("Only http and https addresses can be used.")
    host = (parts.host or "").lower().removeprefix("[").removesuffix("]")
    port = parts.port if parts.port is not None else (443 if scheme == "https" else 80)
    target = Target(parts.url, scheme, host, port, parts.path or "/")
    check_place(host, port, ports=ports, allow_private=allow_private)
    return target


def place_of(host: str, port: int) -> str:
    """``host:port``, the form in which an operator allows a private address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_place(host: str, port: int, *, ports: Collection[int], allow_private: Collection[str] = frozenset()) -> bool:
    """Whether the operator trusts this place; AddressRefused if they don't and its spelling is not harmless.

    ``host`` in lower case, an IPv6 address without brackets. No name is looked up here.
    """
    if place_of(host, port) in allow_private:
        return True
    _check_host(host)
    if port not in ports:
        allowed = " and ".join(str(one) for one in sorted(ports))
        raise AddressRefused(f"Port {port} is not allowed. Only the ports {allowed} are called.")
    return False


def _parse(url: str) -> Url:
    if _UNSAFE.search(url):
        raise AddressRefused("The address holds a blank, a backslash or an invisible character.")
    authority = _AUTHORITY.match(url)
    if authority and "@" in authority[1]:
        raise AddressRefused("Take the user name and password out of the address and enter them in their own fields.")
    if authority and "%" in authority[1]:
        raise AddressRefused("The host name in the address is not valid.")
    try:
        parts = parse_url(url)
    except (LocationParseError, ValueError):
        raise AddressRefused("This is not a web address that can be read.") from None
    if not parts.host:
        raise AddressRefused("The address has no host name. Write it like https://example.com/page.")
    return parts


def _check_host(host: str) -> None:
    if ":" in host:
        check_ip(host)
    elif not _HOST.match(host) or len(host) > 253:
        raise AddressRefused("The host name in the address is not valid.")
    elif _NUMERIC_LABEL.match(host.rstrip(".").rsplit(".", 1)[-1]):
        # Resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as addresses: only the plain dotted form passes.
        check_ip(host)
    elif _LOCAL_NAMES.search(host.rstrip(".")):
        raise AddressRefused("This name leads into a private network. Use a public one.")


def system_resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, in the resolver's order."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def addresses_of(host: str, port: int, *, resolve: Resolve, trusted: bool = False) -> list[str]:
    """The numeric addresses of ``host``, looked up once; AddressRefused if any single one is private."""
    try:
        found = list(resolve(host, port))
    except socket.gaierror as error:
        if error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL):
            raise ServiceDown(f"The name {host} could not be looked up right now.") from None
        found = []
    except UnicodeError:
        found = []
    if not found:
        message = f"There is no server called {host}. Check the address."
        raise Terminal(message, code="address.unknown", status=422)
    if not trusted:
        for address in found:
            check_ip(address)
    return found
