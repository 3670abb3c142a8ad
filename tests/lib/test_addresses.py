from __future__ import annotations

import socket

import pytest

from livinglytics.lib.addresses import addresses_of, check_place, check_url, is_public
from livinglytics.lib.errors import AddressRefused, ServiceDown, Terminal

PRIVATE = """
    0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808
    64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3ffe::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
    fe80::1%lo fec0::1 ff02::1 localhost 127.1 2606:4700::1111%1
"""
PUBLIC = "8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 2606:4700::1111 2a00:1450::1"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_a_special_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_an_ordinary_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "host", "port", "place"),
    [
        ("https://Example.com", "example.com", 443, "example.com:443"),
        ("http://example.com:80/a?b=c#d", "example.com", 80, "example.com:80"),
        ("HTTPS://münchen.de/", "xn--mnchen-3ya.de", 443, "xn--mnchen-3ya.de:443"),
        ("http://8.8.8.8/", "8.8.8.8", 80, "8.8.8.8:80"),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443, "[2606:4700::1111]:443"),
        ("https://a_b.example.com./x", "a_b.example.com.", 443, "a_b.example.com.:443"),
    ],
)
def test_a_public_url_passes(url: str, host: str, port: int, place: str) -> None:
    target = check_url(url)
    assert (target.host, target.port, target.place) == (host, port, place)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com", "/path", "ftp://example.com", "file:///etc/passwd", "gopher://example.com",
        "javascript:alert(1)", "http://", "http:///x", "https://user@example.com", "https://user:pw@example.com",
        "https://@example.com", "http://example.com:8080", "http://example.com:22", "http://example.com:0",
        "http://example.com:99999", "http://example.com:x", "http://exa mple.com", "http://example.com\\@127.0.0.1",
        "http://example.com/\r\nHost: x", "http://ex%61mple.com", "http://[::1", "http://localhost", "http://LOCALHOST.",
        "http://db.internal", "http://printer.local", "http://a..b", "http://" + "a." * 130 + "com",
        "http://example.com\u2028", "http://1.2.3.4.5", "http://256.1.1.1", "http://08.8.8.8", "http://[v1.x]/",
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url)


def test_an_operator_may_allow_one_place() -> None:
    allowed = frozenset({"localhost:8000", "[::1]:9000"})
    assert check_url("http://LocalHost:8000/x", allow_private=allowed).port == 8000
    assert check_url("http://[::1]:9000/", allow_private=allowed).host == "::1"
    with pytest.raises(AddressRefused):
        check_url("http://localhost:8001/", allow_private=allowed)


def test_one_private_address_among_several_spoils_the_name() -> None:
    with pytest.raises(AddressRefused):
        addresses_of("example.com", 443, resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    assert addresses_of("example.com", 443, resolve=lambda host, port: ["8.8.8.8"]) == ["8.8.8.8"]


def test_a_name_without_address_is_a_lasting_fault_and_a_silent_resolver_a_passing_one() -> None:
    def fails_with(number: int) -> list[str]:
        raise socket.gaierror(number, "no")

    with pytest.raises(Terminal) as caught:
        addresses_of("nowhere.example", 443, resolve=lambda host, port: fails_with(socket.EAI_NONAME))
    assert caught.value.code == "address.unknown"
    with pytest.raises(ServiceDown):
        addresses_of("slow.example", 443, resolve=lambda host, port: fails_with(socket.EAI_AGAIN))


def test_a_place_is_judged_as_a_url_is_with_ports_of_its_own() -> None:
    assert check_place("git.example.com", 22, ports=frozenset({22})) is False
    assert check_place("git.lan", 2222, ports=frozenset({22}), allow_private=frozenset({"git.lan:2222"})) is True
    for host, port in (("git.lan", 22), ("127.0.0.1", 22), ("2130706433", 22), ("::1", 22), ("a b", 22)):
        with pytest.raises(AddressRefused):
            check_place(host, port, ports=frozenset({22}))
    with pytest.raises(AddressRefused, match="Only the ports 22 and 443"):
        check_place("git.example.com", 80, ports=frozenset({443, 22}))
