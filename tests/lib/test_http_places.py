from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from livinglytics.lib import addresses, clock
from livinglytics.lib.connections import checked
from livinglytics.lib.errors import (
    AddressRefused,
    BadAnswer,
    ServiceDown,
    Terminal,
)
from livinglytics.lib.http import Client, Limits
from tests.lib.conftest import Canary, Waits, Web

JSON = {"content-type": "application/json"}

#: Forty spellings of this machine or its neighbours; PORT is the canary's.
HOSTILE = """
    http://127.0.0.1:PORT/ http://127.1:PORT/ http://127.0.1:PORT/ http://2130706433:PORT/ http://0x7f000001:PORT/
    http://0x7f.0.0.1:PORT/ http://0x7f.1:PORT/ http://0177.0.0.1:PORT/ http://017700000001:PORT/ http://0177.1:PORT/
    http://00000177.0.0.1:PORT/ http://0:PORT/ http://0.0.0.0:PORT/ http://0x0:PORT/ http://127.0.0.1.:PORT/
    http://①②⑦.⓪.⓪.①:PORT/ http://①②⑦.0.0.1:PORT/ http://１２７.０.０.１:PORT/ http://127。0。0。1:PORT/
    http://localhost:PORT/ http://LOCALHOST:PORT/ http://localhost.:PORT/ http://a.localhost:PORT/
    http://ⓛocalhost:PORT/ http://[::1]:PORT/ http://[::]:PORT/ http://[0:0:0:0:0:0:0:1]:PORT/
    http://[::ffff:127.0.0.1]:PORT/ http://[::ffff:7f00:1]:PORT/ http://[::127.0.0.1]:PORT/ http://[64:ff9b::7f00:1]:PORT/
    http://[2002:7f00:1::]:PORT/ http://[fe80::1%25lo]:PORT/ http://user:pw@127.0.0.1:PORT/ http://8.8.8.8@127.0.0.1:PORT/
    http://8.8.8.8:80\\@127.0.0.1:PORT/ http://127.0.0.1:PORT\\@8.8.8.8/ http://%31%32%37.0.0.1:PORT/
    http://169.254.169.254:PORT/ http://100.64.0.1:PORT/ http://192.0.0.192:PORT/ http://127.0.0.1%00.example.com:PORT/
"""


# ---- where it may go


def test_there_are_at_least_forty_hostile_spellings() -> None:
    assert len(set(HOSTILE.split())) >= 40


@pytest.mark.parametrize("url", HOSTILE.split())
def test_no_spelling_of_a_private_address_opens_a_connection(url: str, canary: Canary) -> None:
    client = Client(limits=Limits(ports=frozenset({80, 443, canary.port}), tries=1, connect=1))
    with pytest.raises(AddressRefused):
        client.get(url.replace("PORT", str(canary.port)))
    time.sleep(0.02)
    assert canary.calls == 0


def test_the_canary_would_have_sung(canary: Canary) -> None:
    client = Client(allow_private=frozenset({f"localhost:{canary.port}"}), limits=Limits(tries=1, connect=1))
    with pytest.raises(ServiceDown):
        client.get(f"http://localhost:{canary.port}/")
    time.sleep(0.02)
    assert canary.calls == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "100.64.0.1", "0.0.0.0"])
def test_a_harmless_name_that_resolves_to_a_private_address_is_refused(address: str, canary: Canary) -> None:
    ports = frozenset({canary.port})
    client = Client(resolve=lambda host, port: [address], limits=Limits(ports=ports, tries=1, connect=1))
    with pytest.raises(AddressRefused):
        client.get(f"http://example.com:{canary.port}/")
    assert canary.calls == 0


def test_a_name_is_looked_up_once_and_a_changed_answer_reaches_nothing(canary: Canary) -> None:
    answers = [["8.8.8.8", "127.0.0.1"], ["127.0.0.1"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    client = Client(resolve=rebinding, limits=Limits(ports=frozenset({canary.port}), tries=1, connect=0.3))
    for _ in range(3):
        with pytest.raises(AddressRefused):
            client.get(f"http://example.com:{canary.port}/")
    assert asked == ["example.com"] * 3
    assert canary.calls == 0


def test_the_connection_goes_to_the_checked_address_under_the_original_name(web: Web) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    web.answer("/a", (200, JSON, b"[1]"))
    place = f"api.example.com:{web.port}"
    client = Client(allow_private=frozenset({place}), resolve=resolve)
    assert client.get_json(f"http://{place}/a") == [1]
    assert client.get_json(f"http://{place}/a") == [1]
    assert asked == ["api.example.com"]  # the second call reuses the checked connection
    assert web.seen[0][2]["host"] == place


def test_a_program_of_its_own_gets_only_addresses_that_were_checked() -> None:
    client = Client(allow_private=frozenset({"git.lan:22"}), resolve=lambda host, port: ["10.0.0.7"])
    assert client.addresses("GIT.lan", 22, ports={22}) == ["10.0.0.7"]
    for host, port in (("git.lan", 443), ("git.example.com", 443), ("git.example.com", 22), ("10.0.0.7", 443)):
        with pytest.raises(AddressRefused):
            client.addresses(host, port)
    public = Client(resolve=lambda host, port: ["8.8.8.8", "2606:4700::1111"])
    assert public.addresses("git.example.com", 443) == ["8.8.8.8", "2606:4700::1111"]
    unknown = Client(resolve=lambda host, port: [])
    with pytest.raises(Terminal, match="There is no server called"):
        unknown.addresses("git.example.com", 443)


def test_proxy_and_netrc_settings_of_the_machine_change_nothing(
    web: Web, client: Client, canary: Canary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    assert os.environ["http_proxy"]
    web.answer("/a", (200, JSON, b"1"))
    assert client.get_json(web.url("/a")) == 1
    assert canary.calls == 0
    assert "authorization" not in web.seen[0][2]


def test_an_ordinary_address_is_called_and_its_socket_checked(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no public network in tests: for this one, loopback counts as public."""
    monkeypatch.setattr(addresses, "_DENIED_V4", ())
    web.answer("/a", (200, JSON, b"1"))
    client = Client(resolve=lambda host, port: ["127.0.0.1"], limits=Limits(ports=frozenset({web.port})))
    assert client.get_json(f"http://example.com:{web.port}/a") == 1


def test_a_socket_that_ended_up_at_a_private_address_is_closed(web: Web) -> None:
    opened = socket.create_connection(("127.0.0.1", web.port))
    with pytest.raises(AddressRefused):
        checked(opened)
    assert opened.fileno() == -1


def test_the_next_address_is_tried_when_the_first_does_not_answer(web: Web) -> None:
    web.answer("/a", (200, JSON, b"1"))
    place = f"api.example.com:{web.port}"
    client = Client(allow_private=frozenset({place}), resolve=lambda host, port: ["127.0.0.2", "::1", "127.0.0.1"])
    assert client.get_json(f"http://{place}/a") == 1


# ---- redirects


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{}/", "http://2130706433:{}/", "http://[::1]:{}/", "//localhost:{}/"]
)
def test_a_redirect_into_the_private_network_is_not_followed(
    target: str, web: Web, client: Client, canary: Canary
) -> None:
    web.answer("/go", (302, {"location": target.format(canary.port)}, b""))
    with pytest.raises(AddressRefused):
        client.get(web.url("/go"))
    assert canary.calls == 0


def test_a_page_on_the_web_cannot_lead_to_a_place_that_only_the_operator_trusts(web: Web, canary: Canary) -> None:
    """The first hop stands for a public site: its place is not on the operator's list."""
    client = Client(allow_private=frozenset({f"127.0.0.1:{canary.port}"}))
    start = client.check("https://example.com/")
    call = client._call("GET", start.url, None)
    with pytest.raises(AddressRefused):
        client._redirected(call, start, f"http://127.0.0.1:{canary.port}/", trusted=False)
    with pytest.raises(AddressRefused, match="https to http"):
        client._redirected(call, start, "http://example.com/", trusted=False)


def test_redirects_are_followed_and_the_last_address_is_told(web: Web, client: Client) -> None:
    web.answer("/a", (301, {"location": "b c?x=1"}, b""))
    web.answer("/b%20c", (307, {"location": web.url("/d")}, b""))
    web.answer("/d", (200, JSON, b'{"ok": true}'))
    answer = client.get(web.url("/a"), headers={"Authorization": "Bearer x"})
    assert answer.json() == {"ok": True}
    assert answer.url == web.url("/d")
    assert [seen[2]["authorization"] for seen in web.seen] == ["Bearer x"] * 3


def test_keys_are_not_carried_to_another_server(web: Web) -> None:
    other = f"localhost:{web.port}"
    client = Client(allow_private=frozenset({web.place, other}), headers={"X-Api-Key": "k"})
    web.answer("/a", (302, {"location": f"http://{other}/b"}, b""))
    web.answer("/b", (200, JSON, b"1"))
    assert client.get_json(web.url("/a"), headers={"Authorization": "Bearer x", "Cookie": "c"}) == 1
    first, second = web.seen[0][2], web.seen[1][2]
    assert {"authorization", "cookie", "x-api-key"} <= set(first)
    assert not {"authorization", "cookie", "x-api-key"} & set(second)
    assert second["accept"] == "application/json"


def test_a_redirect_loop_ends_after_five(web: Web, client: Client) -> None:
    web.answer("/loop", (302, {"location": "/loop"}, b""))
    with pytest.raises(BadAnswer, match="redirects more than 5 times"):
        client.get(web.url("/loop"))
    assert len(web.seen) == 6


def test_a_post_is_not_sent_elsewhere(web: Web, client: Client) -> None:
    web.answer("/a", (307, {"location": "/b"}, b""))
    with pytest.raises(BadAnswer, match="has moved"):
        client.post_json(web.url("/a"), body={})
    assert len(web.seen) == 1


# ---- TLS


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[int, list[str | None]]]:
    """A TLS server with a certificate nobody vouches for; tells the names it was asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.example.com")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("api.example.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "both.pem").write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    names: list[str | None] = []
    context.sni_callback = lambda sock, asked, ctx: names.append(asked)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1000)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], names
    listener.close()


def test_a_certificate_nobody_vouches_for_ends_the_call_and_the_name_is_the_original(
    tls: tuple[int, list[str | None]], waits: Waits
) -> None:
    port, names = tls
    place = f"api.example.com:{port}"
    client = Client(allow_private=frozenset({place}), resolve=lambda host, port: ["127.0.0.1"], wait=waits)
    with pytest.raises(Terminal, match="certificate") as caught:
        client.get(f"https://{place}/", headers={"authorization": "Bearer x"})
    assert caught.value.code == "service.certificate"
    assert names == ["api.example.com"]
    assert waits.seconds == []
