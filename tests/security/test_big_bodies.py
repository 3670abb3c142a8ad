"""Files and bodies that are too much: refused soon, in little memory, by a real web process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cast import make_team, make_token
from tests.security import hostile
from tests.security.town import CAP, Reply, Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
UPLOADS, METRICS, DOCUMENTS = "/api/v1/uploads", "/api/v1/ingest/metrics", "/api/v1/ingest/documents"
MEGABYTE = 1_000_000
#: of one processor, and of memory
SECONDS, GROWTH = 1.0, 50 * MEGABYTE


@pytest.fixture
def bearer() -> str:
    return f"Bearer {make_token(make_team(), 'ingest.write', 'sources.write').secret}"


def _form(name: str, content: bytes) -> tuple[bytes, str]:
    edge = b"--edge-of-a-part"
    head = b'\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n'
    whole = edge + head + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n" + edge + b"--\r\n"
    return whole, "multipart/form-data; boundary=edge-of-a-part"


def _upload(web: Web, bearer: str, name: str, content: bytes) -> Reply:
    body, kind = _form(name, content)
    return web.send("POST", UPLOADS, body, Authorization=bearer, Content_Type=kind)


def _warm(web: Web, bearer: str) -> None:
    """What is loaded once does not count."""
    _upload(web, bearer, "a.csv", b"date,orders\n2026-03-01,1\n")
    _upload(web, bearer, "a.xlsx", hostile.workbook(megabytes=1))
    web.send("POST", METRICS, b"{}", Authorization=bearer, Content_Encoding="gzip")


def test_a_file_of_60_megabytes_is_over_the_cap(web: Web, bearer: str) -> None:
    _warm(web, bearer)
    content = b"1,2\n" * 15_000_000
    assert len(content) > CAP
    with web.grown() as growth:
        answer = _upload(web, bearer, "a.csv", content)
    assert answer.status == 413
    assert answer.seconds < SECONDS
    assert growth[0] < GROWTH


def test_a_file_that_lies_about_its_length_is_cut_off(web: Web, bearer: str) -> None:
    """Sent in chunks, without a length."""
    _warm(web, bearer)
    body, kind = _form("a.csv", b"1,2\n" * 15_000_000)
    pieces = (body[at : at + MEGABYTE] for at in range(0, len(body), MEGABYTE))
    with web.grown() as growth:
        answer = web.send("POST", UPLOADS, pieces, Authorization=bearer, Content_Type=kind)
    assert answer.status in {400, 411, 413, 422}
    assert growth[0] < GROWTH + 20 * MEGABYTE


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a zip of 1 GB": ("a.zip", lambda: hostile.zip_bomb(1000)),
    "a CSV that is a zip of 1 GB": ("a.csv", lambda: hostile.zip_bomb(1000)),
    "gzip of 1 GB": ("a.csv.gz", lambda: hostile.gzip_bomb(1000)),
    "a workbook of 1 GB": ("a.xlsx", lambda: hostile.workbook(megabytes=1000)),
    "a zip of 10,000 members": ("a.xlsx", lambda: hostile.many_members(10_000)),
    "members outside": ("a.xlsx", lambda: hostile.many_members(3, "../../../tmp/escaped-{}.csv")),
    "a billion laughs": ("a.xlsx", lambda: hostile.workbook(before=hostile.ENTITIES, name="&j;")),
    "an entity from a file": ("a.xlsx", lambda: hostile.workbook(before=hostile.OUTSIDE, name="&a;")),
    "half a Parquet file": ("a.parquet", lambda: b"PAR1" + b"\x00" * 1000 + b"PAR1"),
    "nested JSON": ("a.json", lambda: b"[" * 100_000 + b"]" * 100_000),
    "nested lines": ("a.ndjson", lambda: (b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"\n") * 3),
    "one line of 40 MB": ("a.csv", lambda: b"a," * 20_000_000),
    "bytes": ("a.csv", lambda: bytes(range(256)) * 1000),
}


@pytest.mark.parametrize(("name", "make"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_with_a_reason_in_little_memory(
    web: Web, bearer: str, name: str, make: Callable[[], bytes]
) -> None:
    _warm(web, bearer)
    content = make()
    with web.grown() as growth:
        answer = _upload(web, bearer, name, content)
    told = answer.json
    assert answer.status in {400, 413, 415, 422} or _is_said(answer), (answer.status, answer.body[:500])
    assert b"root:" not in answer.body
    assert growth[0] < GROWTH, f"{growth[0] / MEGABYTE:.0f} MB"
    assert answer.seconds < SECONDS, told


def _is_said(answer: Reply) -> bool:
    """The file is stored and its page says why it is no table."""
    return answer.status == 201 and bool(answer.json["problem"] or answer.json["shape"].get("fatal"))


PACKED: dict[str, Callable[[], bytes]] = {
    "gzip of 1 GB": lambda: hostile.gzip_bomb(1000),
    "gzip in gzip": lambda: hostile.gzip_bomb(30)[:-9],
    "no gzip at all": lambda: b"{}",
}


@pytest.mark.parametrize("path", [METRICS, DOCUMENTS])
@pytest.mark.parametrize("make", PACKED.values(), ids=PACKED.keys())
def test_packed_bodies_are_unpacked_no_further_than_allowed(
    web: Web, bearer: str, path: str, make: Callable[[], bytes]
) -> None:
    _warm(web, bearer)
    body = make()
    with web.grown() as growth:
        answer = web.send("POST", path, body, Authorization=bearer, Content_Encoding="gzip")
    assert answer.status in {400, 413, 422}, answer.body[:500]
    assert answer.seconds < SECONDS
    assert growth[0] < GROWTH, f"{growth[0] / MEGABYTE:.0f} MB"


@pytest.mark.parametrize("path", [METRICS, DOCUMENTS, "/api/v1/teams", "/api/v1/metrics/query"])
@pytest.mark.parametrize("make", hostile.BIG.values(), ids=hostile.BIG.keys())
def test_a_body_of_a_million_parts_is_refused_soon(web: Web, bearer: str, path: str, make: Callable[[], bytes]) -> None:
    _warm(web, bearer)
    body = make()
    with web.grown() as growth:
        answer = web.send("POST", path, body, Authorization=bearer, Content_Type="application/json")
    judged = answer.status == 202 and answer.json["accepted"] == 0 < answer.json["rejected"]
    assert answer.status in {400, 403, 413, 422} or judged, answer.body[:300]
    assert answer.seconds < SECONDS
    assert len(answer.body) < 100_000
    assert growth[0] < GROWTH, f"{growth[0] / MEGABYTE:.0f} MB"


def test_a_body_over_the_limit_is_413(web: Web, bearer: str) -> None:
    for path in (METRICS, "/api/v1/teams"):
        answer = web.send("POST", path, b" " * 25_000_000, Authorization=bearer, Content_Type="application/json")
        assert answer.status in {403, 413}
        assert answer.seconds < SECONDS
    assert web.send("GET", "/health/live").status == 200
