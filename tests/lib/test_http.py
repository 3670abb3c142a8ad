from __future__ import annotations

import gzip
import http.server
import resource
import time
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest

from livinglytics.lib import clock
from livinglytics.lib.answers import Answer, redact_headers
from livinglytics.lib.errors import (
    BadAnswer,
    BadCredentials,
    NotFound,
    ProductError,
    RateLimited,
    ServiceDown,
    Terminal,
    TooLarge,
)
from livinglytics.lib.http import Client, Limits
from livinglytics.lib.secrets import Redactor
from tests.lib.conftest import Waits, Web

JSON = {"content-type": "application/json"}

# ---- size, time, broken bodies


def test_a_gzip_bomb_is_stopped_at_the_limit_without_filling_memory(web: Web, client: Client) -> None:
    packed = gzip.compress(bytes(300_000_000), 1)
    web.answer("/bomb", (200, {"content-encoding": "gzip"}, packed))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge, match="20 MB"):
        client.get_bytes(web.url("/bomb"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80_000


def test_a_body_that_declares_or_shows_itself_too_large_is_refused(web: Web, waits: Waits) -> None:
    client = Client(allow_private=frozenset({web.place}), limits=Limits(max_bytes=1000), wait=waits)
    web.answer("/declared", (200, {}, b"x" * 1001))
    web.answer("/fits", (200, {}, b"x" * 1000))

    def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("connection", "close")
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"x" * 10_000)
        handler.close_connection = True

    web.pages["/endless"] = endless
    for path in ("/declared", "/endless"):
        with pytest.raises(TooLarge):
            client.get_bytes(web.url(path))
    assert len(client.get_bytes(web.url("/fits"))) == 1000
    assert client.send("GET", web.url("/endless")).body == b"x" * 1000
    assert waits.seconds == []


def test_packed_answers_are_unpacked_and_broken_packing_is_explained(web: Web, client: Client) -> None:
    web.answer("/good", (200, {"content-encoding": "gzip", **JSON}, gzip.compress(b'{"a": 1}')))
    web.answer("/bad", (200, {"content-encoding": "gzip", **JSON}, b"no gzip at all"))
    assert client.get_json(web.url("/good")) == {"a": 1}
    with pytest.raises(BadAnswer, match="unpacked"):
        client.get_json(web.url("/bad"))


def test_a_body_that_breaks_off_is_tried_again(web: Web, client: Client, waits: Waits) -> None:
    count = [0]

    def broken(handler: http.server.BaseHTTPRequestHandler) -> None:
        count[0] += 1
        handler.send_response(200)
        handler.send_header("content-length", "100" if count[0] < 3 else "1")
        handler.end_headers()
        handler.wfile.write(b"1")
        handler.close_connection = True

    web.pages["/a"] = broken
    assert client.get_json(web.url("/a")) == 1
    assert count[0] == 3
    assert len(waits.seconds) == 2


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({"content-type": "text/html"}, b"<!doctype html><title>Sign in</title>", "web page"),
        (JSON, b"\n <html>", "web page"),
        (JSON, b"", "empty"),
        (JSON, b'{"a": [1, 2', "breaks off"),
        (JSON, b"[" * 100_000, "not valid JSON"),
        (JSON, b'{"a": NaN}', "not valid JSON"),
        (JSON, b"\xff\xfe\x00", "not valid JSON"),
        (JSON, b"9" * 10_000, "not valid JSON"),
    ],
)
def test_a_body_that_is_no_json_is_explained(
    headers: dict[str, str], body: bytes, words: str, web: Web, client: Client, waits: Waits
) -> None:
    web.answer("/a", (200, headers, body))
    with pytest.raises(BadAnswer, match=words):
        client.get_json(web.url("/a"))
    assert waits.seconds == []


def _drip(part: bytes) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def page(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(part)
            for _ in range(100):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    return page


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-slow: ",
        b"",
    ],
)
def test_a_slow_drip_is_cut_at_the_deadline(part: bytes, web: Web) -> None:
    web.pages["/slow"] = _drip(part)
    client = Client(allow_private=frozenset({web.place}), limits=Limits(read=2, total=0.5, tries=1))
    before = time.monotonic()
    with pytest.raises(ServiceDown, match="too long"):
        client.get(web.url("/slow"))
    assert time.monotonic() - before < 1.5


def test_a_silent_server_is_given_up_after_the_read_timeout(web: Web) -> None:
    web.pages["/hang"] = lambda handler: time.sleep(3)
    client = Client(allow_private=frozenset({web.place}), limits=Limits(read=0.2, tries=1))
    before = time.monotonic()
    with pytest.raises(ServiceDown, match="in time"):
        client.get(web.url("/hang"))
    assert time.monotonic() - before < 1.5


def test_a_closed_port_is_a_passing_fault(waits: Waits) -> None:
    client = Client(allow_private=frozenset({"127.0.0.1:1"}), wait=waits)
    with pytest.raises(ServiceDown, match=r"No connection to 127\.0\.0\.1"):
        client.get("http://127.0.0.1:1/")
    assert len(waits.seconds) == 4
    assert all(0 <= seconds <= most for seconds, most in zip(waits.seconds, (1, 2, 4, 8), strict=True))


# ---- trying again


def test_a_short_retry_after_is_waited_for(web: Web, client: Client, waits: Waits) -> None:
    web.answer(
        "/a", (429, {"retry-after": "7"}, b""), (503, {"retry-after": "0"}, b""), (500, {}, b""), (200, JSON, b"1")
    )
    assert client.get_json(web.url("/a")) == 1
    assert waits.seconds[:2] == [7.0, 0.0]
    assert 0 <= waits.seconds[2] <= 4


def test_a_long_retry_after_is_handed_up_at_once(web: Web, client: Client, waits: Waits) -> None:
    web.answer("/a", (429, {"retry-after": "3600"}, b""))
    with pytest.raises(RateLimited) as caught:
        client.get(web.url("/a"))
    assert caught.value.retry_after == 3600
    assert caught.value.scope == "127.0.0.1"
    assert waits.seconds == []
    assert len(web.seen) == 1


def test_a_retry_after_date_is_understood(web: Web, client: Client, waits: Waits) -> None:
    soon, later = (format_datetime(clock.now() + timedelta(seconds=s), usegmt=True) for s in (30, 600))
    web.answer("/soon", (429, {"retry-after": soon}, b""), (200, JSON, b"1"))
    web.answer("/later", (429, {"retry-after": later}, b""))
    assert client.get_json(web.url("/soon")) == 1
    assert 25 <= waits.seconds[0] <= 30
    with pytest.raises(RateLimited) as caught:
        client.get(web.url("/later"))
    assert 590 <= (caught.value.retry_after or 0) <= 600


@pytest.mark.parametrize("value", ["soon", "-5", "", "1e9", "Mon, 99 Foo 2026"])
def test_a_senseless_retry_after_is_ignored(value: str) -> None:
    assert Answer(429, {"retry-after": value}, b"", "http://x/").retry_after is None


def test_after_five_tries_the_error_is_raised(web: Web, client: Client, waits: Waits) -> None:
    web.answer("/a", (502, {}, b""))
    with pytest.raises(ServiceDown, match="502"):
        client.get(web.url("/a"))
    assert len(web.seen) == 5
    assert len(waits.seconds) == 4


def test_waiting_can_be_cancelled(web: Web) -> None:
    class CancelledError(Exception): ...

    def cancel(seconds: float) -> None:
        raise CancelledError

    web.answer("/a", (503, {}, b""))
    with pytest.raises(CancelledError):
        Client(allow_private=frozenset({web.place}), wait=cancel).get(web.url("/a"))
    assert len(web.seen) == 1


# ---- what answers mean


@pytest.mark.parametrize(
    ("status", "headers", "kind", "code"),
    [
        (401, {}, BadCredentials, "source.bad_credentials"),
        (403, {}, BadCredentials, "source.bad_credentials"),
        (403, {"retry-after": "100"}, RateLimited, "rate_limited"),
        (404, {}, NotFound, "NOT_FOUND"),
        (410, {}, NotFound, "NOT_FOUND"),
        (429, {"retry-after": "100"}, RateLimited, "rate_limited"),
        (400, {}, Terminal, "service.refused"),
        (422, {}, Terminal, "service.refused"),
        (501, {}, ServiceDown, "service_unavailable"),
    ],
)
def test_a_status_becomes_an_error(
    status: int, headers: dict[str, str], kind: type[ProductError], code: str, web: Web, client: Client
) -> None:
    web.answer("/a", (status, headers, b"because"))
    with pytest.raises(kind) as caught:
        client.get_json(web.url("/a"))
    assert (type(caught.value), caught.value.code) == (kind, code)


def test_a_connector_may_read_an_answer_in_its_own_way(web: Web, client: Client, waits: Waits) -> None:
    def classify(answer: Answer) -> ProductError | None:
        return RateLimited(retry_after=5.0) if answer.headers.get("x-left") == "0" else None

    web.answer("/a", (403, {"x-left": "0"}, b""), (200, JSON, b"1"))
    web.answer("/b", (403, {"x-left": "9"}, b""))
    assert client.get(web.url("/a"), classify=classify).json() == 1
    assert waits.seconds == [5.0]
    with pytest.raises(BadCredentials):
        client.get(web.url("/b"), classify=classify)


def test_secrets_never_show_in_an_error(web: Web) -> None:
    secret = "s3cr3t-" + "x" * 30
    client = Client(allow_private=frozenset({web.place}), redact=Redactor([secret]), limits=Limits(tries=1))
    web.answer("/a", (400, {}, f"{'y' * 180} bad key {secret}".encode()))
    with pytest.raises(Terminal) as caught:
        client.get(web.url("/a"), params={"key": secret}, headers={"authorization": f"Bearer {secret}"})
    shown = f"{caught.value!r} {caught.value} {caught.value.details}"
    assert "s3cr3t" not in shown
    assert "bad key" in shown
    assert len(caught.value.details["body"]) <= 200


def test_a_key_with_a_line_break_is_explained(web: Web, client: Client) -> None:
    with pytest.raises(Terminal, match="line breaks"):
        client.get(web.url("/a"), headers={"authorization": "Bearer x\nEvil: 1"})
    assert web.seen == []


def test_headers_are_hidden_for_the_log() -> None:
    shown = redact_headers(
        {"Authorization": "x", "X-Api-Key": "x", "Set-Cookie": "x", "webhook-signature": "x", "Accept": "a"}
    )
    assert shown == {
        "Authorization": "•••", "X-Api-Key": "•••", "Set-Cookie": "•••", "webhook-signature": "•••", "Accept": "a",
    }  # fmt: skip


# ---- the rest of an answer


def test_parameters_and_json_bodies_are_sent(web: Web, client: Client) -> None:
    web.answer("/a", (200, JSON, b"{}"))
    client.get_json(web.url("/a?z=0"), params={"q": "a b&c", "list": [1, 2], "none": None})
    client.post_json(web.url("/a"), body={"é": 1})
    assert web.seen[0][1] == "/a?z=0&q=a+b%26c&list=1&list=2"
    assert web.seen[1][0] == "POST"
    assert web.seen[1][3] == '{"é":1}'.encode()
    assert web.seen[1][2]["content-type"] == "application/json"


def test_an_answer_knows_its_links_text_and_type() -> None:
    link = '<https://a.example/?p=1>; rel="prev", </x?p=3>; rel="next last", <https://a.example/?p=9>; rel=end'
    answer = Answer(
        200, {"link": link, "content-type": "Text/HTML; charset=latin-1"}, b"caf\xe9", "https://a.example/x"
    )
    assert answer.link("next") == "https://a.example/x?p=3"
    assert answer.link("end") == "https://a.example/?p=9"
    assert answer.link("first") is None
    assert answer.text() == "café"
    assert answer.content_type == "text/html"
    assert Answer(200, {"content-type": "text/plain; charset=klingon"}, b"\xff", "http://x/").text() == "�"


def test_an_unchanged_page_is_an_answer_not_an_error(web: Web, client: Client) -> None:
    web.answer("/a", (304, {"etag": '"1"'}, b""))
    assert client.get(web.url("/a"), headers={"If-None-Match": '"1"'}).status == 304


def test_a_delivery_gets_any_status_back_after_one_try(web: Web, client: Client, waits: Waits) -> None:
    web.answer("/a", (500, {}, b"no"))
    web.answer("/b", (302, {"location": "/a"}, b""))
    assert client.send("POST", web.url("/a"), body=b"{}").status == 500
    assert client.send("POST", web.url("/b"), body=b"{}").status == 302
    assert len(web.seen) == 2
    assert waits.seconds == []
