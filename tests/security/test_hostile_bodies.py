"""Every address that takes JSON, and every body that breaks parsers: a reason each time, never a 500."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.security.conftest import Two
from tests.security.hostile import BODIES, gzip_bomb
from tests.security.routes import Route, filled
from tests.security.routes_api import API
from tests.security.world import Undone

pytestmark = pytest.mark.django_db
READING = [one for one in API if any(call.method in {"POST", "PUT", "PATCH"} for call in one.calls)]
#: ingest takes an array, and an empty one is a batch of nothing
_EMPTY_BATCH = {"a list", "nothing"}


@pytest.mark.parametrize("route", READING, ids=[one.pattern for one in READING])
def test_no_body_breaks_an_address(two: Two, route: Route) -> None:
    address = filled(route.pattern, {part: two.home.ids[key] for part, key in route.path.items()})
    wrong = []
    for method in sorted({call.method for call in route.calls} - {"GET", "DELETE"}):
        # some addresses take no body: what they are sent is not looked at
        reads = any(call.body and call.method == method for call in route.calls) and address[-7:] != "uploads"
        for name, make in BODIES.items():
            with Undone():
                client = Client(raise_request_exception=False)
                bearer = f"Bearer {two.home_actors['owner'].bearer}"
                answer = client.generic(method, address, make(), "application/json", headers={"Authorization": bearer})
            if answer.status_code >= 500 or (reads and answer.status_code < 300 and _must_fail(route, name)):
                wrong.append(f"{method} {name}: {answer.status_code} {answer.content[:200]!r}")
            if answer.status_code >= 400 and not answer.json()["error"]["message"]:
                wrong.append(f"{method} {name}: no reason")
    assert wrong == []


def _must_fail(route: Route, name: str) -> bool:
    """Bodies that are no JSON of ours are refused; others may be empty changes or batches with refused items."""
    if "ingest" in route.pattern:
        return name in {"100,000 open brackets", "not UTF-8", "cut off"}
    return name not in {"null", "nothing", "null everywhere", "objects everywhere", "huge integers"} | _EMPTY_BATCH


@pytest.mark.parametrize("route", READING, ids=[one.pattern for one in READING])
@pytest.mark.parametrize(
    "make",
    [lambda: gzip_bomb(30), lambda: b"\x1f\x8b\x08\x00broken", lambda: b""],
    ids=["bomb", "broken", "empty"],
)
def test_a_packed_body_breaks_no_address(two: Two, route: Route, make: Callable[[], bytes]) -> None:
    address = filled(route.pattern, {part: two.home.ids[key] for part, key in route.path.items()})
    headers = {"Authorization": f"Bearer {two.home_actors['owner'].bearer}", "Content-Encoding": "gzip"}
    with Undone():
        client = Client(raise_request_exception=False, headers=headers)
        assert client.generic("POST", address, make(), "application/json").status_code < 500


ODD_QUERIES = (
    *("page=0", "page=-1", "page=99999999999999999999", "page=x", "page_size=0", "page_size=-5", "page_size=1e9"),
    *(
        "cursor=x",
        "cursor=%00",
        "cursor=cD0y",
        "cursor=" + "A" * 5000,
        "q=%00",
        "q=%ED%A0%80",
        "q=%",
        "q=" + "%" * 2000,
    ),
    *("range=x", "range=9999-12-31,9999-12-31", "range=0001-01-01,0001-01-01", "range=7d,7d", "range=99999999999d"),
    *("metrics=%00", "metrics=" + ",".join(["sessions"] * 500), "f=:::", "f=a:is:" + "x," * 2000, "f=%00:is:%00"),
    *("source=%00", "source=x", "date_from=x", "date_from=10000-01-01", "date_to=-1", "days=-1", "days=99999999999"),
    *("grain=x", "compare=x,y", "order_by=x:y:z", "dimensions=%00", "limit=-1", "format=x", "sidecar=x", "status=%00"),
    *("kind=%00", "trigger=%00", "metric=%00", "theme=%00", "with_numbers=%00", "team=%00"),
)


READ = [one for one in API if any(call.method == "GET" for call in one.calls)]


@pytest.mark.parametrize("route", READ, ids=[one.pattern for one in READ])
def test_no_query_breaks_an_address(two: Two, route: Route) -> None:
    address = filled(route.pattern, {part: two.home.ids[key] for part, key in route.path.items()})
    client = Client(
        raise_request_exception=False, headers={"Authorization": f"Bearer {two.home_actors['owner'].bearer}"}
    )
    wrong = []
    for query in ODD_QUERIES:
        answer = client.get(f"{address}?{query}")
        if answer.status_code >= 500:
            wrong.append(f"{query[:60]}: {answer.status_code}")
        if answer.streaming:
            b"".join(answer)
    assert wrong == []


@pytest.mark.parametrize(
    "address", ["/", "/metrics/", "/metrics/sessions/", "/sources/", "/sources/add/", "/settings/audit/"]
)
def test_no_query_breaks_a_page(two: Two, address: str) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = two.home_actors["owner"].session
    assert [query for query in ODD_QUERIES if client.get(f"{address}?{query}").status_code >= 500] == []


@pytest.mark.parametrize("part", ["%00", "%ED%A0%80", "..%2f..%2fetc", "a" * 5000, "%27%20OR%201=1", "\u202e"])
def test_no_part_of_an_address_breaks_it(two: Two, part: str) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = two.home_actors["owner"].session
    for before in ("/metrics/", "/api/v1/metrics/catalog/", "/api/v1/connectors/", "/api/v1/teams/", "/sources/add/"):
        for after in ("", "/"):
            assert client.get(f"{before}{part}{after}").status_code < 500, before
