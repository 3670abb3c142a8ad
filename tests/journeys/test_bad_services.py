"""What is wrong outside, the whole way: a clear message, the run in the right state, nothing lost."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self

import pytest

from accounts.models import Team
from livinglytics.lib import http
from livinglytics.lib.addresses import system_resolve
from sources.actions import surroundings
from sources.actions.connect import connect_source
from sources.actions.sync import queue_sync
from sources.models import Job, JobStatus, Source, SourceState
from tests.cast import api_client_for, make_team
from tests.fakes._server import Answer, Request
from tests.fakes.steam import REVIEWS, SteamFake
from tests.fakes.trustpilot import KEY, TrustpilotFake
from tests.sources.whole_way import connected, ran, texts

pytestmark = pytest.mark.django_db
GIGABYTE = 2**30
#: sixty-four megabytes in sixty-four kilobytes
BOMB = gzip.compress(b" " * (64 * 2**20), 1)


class Hostile(SteamFake):
    """A Steam whose list of reviews turns into something else."""

    mood = ""

    def answer(self, request: Request) -> Answer:
        if not self.mood or not request.path.startswith(REVIEWS):
            return super().answer(request)
        if self.mood == "bomb":
            return Answer(BOMB, headers={"Content-Encoding": "gzip"})
        if self.mood == "into a private network":
            return Answer(b"", 302, {"Location": "http://10.1.2.3/latest/meta-data"})
        return Answer(b"x" * 100, headers={"X-Announced": "big"})


@pytest.fixture
def steam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    quick = http.Limits(connect=2.0, read=2.0, total=5.0, tries=1, max_bytes=2**20)
    monkeypatch.setattr(surroundings.surroundings, "__kwdefaults__", {**_defaults(), "limits": quick})
    with Hostile(reviews=30) as running:
        monkeypatch.setenv("STEAM_BASE_URL", running.url)
        yield running


def _defaults() -> dict[str, Any]:
    return dict(surroundings.surroundings.__kwdefaults__ or {})


@pytest.fixture
def read(steam: Hostile) -> Source:
    """A source of which everything was read once."""
    source, job = connected("steam", app="620")
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    assert len(texts()) == 30
    return source


def again(source: Source) -> Job:
    return ran(queue_sync(source=source, by=None))


def kept(source: Source) -> bool:
    source.refresh_from_db()
    return len(texts()) == 30 and source.state == SourceState.ACTIVE


def test_a_dead_host_is_tried_again_later(read: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("STEAM_BASE_URL", f"http://127.0.0.1:{port}")
    job = again(read)
    assert (job.status, job.attempt) == (JobStatus.QUEUED, 1)
    assert job.run_after is not None
    assert "127.0.0.1" in job.error_message
    assert kept(read)


def test_a_dead_host_fails_after_five_tries_and_says_so(read: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEAM_BASE_URL", "http://127.0.0.1:9")
    job = again(read)
    for _ in range(4):
        Job.objects.filter(pk=job.pk).update(run_after=None)
        ran(job)
    assert job.status == JobStatus.FAILED
    assert job.error_message
    assert kept(read)


def test_a_bomb_in_gzip_is_cut_at_the_limit(read: Source, steam: Hostile) -> None:
    steam.mood = "bomb"
    job = again(read)
    assert job.status in (JobStatus.QUEUED, JobStatus.FAILED)
    assert "MB" in job.error_message or "too large" in job.error_message
    assert kept(read)


def test_two_gigabytes_are_not_read(read: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    with Endless() as endless:
        monkeypatch.setenv("STEAM_BASE_URL", endless.url)
        job = again(read)
        assert endless.sent < 64 * 2**20
    assert job.status in (JobStatus.QUEUED, JobStatus.FAILED)
    assert "MB" in job.error_message or "too large" in job.error_message
    assert kept(read)


def test_a_redirect_into_a_private_network_is_refused(read: Source, steam: Hostile) -> None:
    steam.mood = "into a private network"
    job = again(read)
    assert job.status == JobStatus.FAILED
    assert "private" in job.error_message
    assert kept(read)


def test_a_wrong_key_stops_the_source_and_asks_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with TrustpilotFake(reviews=20) as fake:
        monkeypatch.setenv("TRUSTPILOT_BASE_URL", fake.url)
        source, job = connected("trustpilot", api_key=KEY, domain="example.com")
        ran(job)
        fake.allowed = False
        job = again(source)
    source.refresh_from_db()
    assert (job.status, source.state) == (JobStatus.FAILED, SourceState.ATTENTION)
    assert "API key" in source.state_reason
    assert KEY not in f"{job.error_message}{job.error_details}{source.state_reason}"
    assert len(texts()) == 20


@pytest.mark.parametrize(
    "address", ["http://10.0.0.7/feed", "http://127.0.0.1:8000/feed", "http://169.254.169.254/x", "http://[::1]/feed"]
)
def test_a_private_address_is_refused_before_anything_is_saved(address: str) -> None:
    team = make_team()
    client = api_client_for(team.memberships.get().user, team)
    answer = client.post("/api/v1/sources", {"kind": "feed", "config": {"addresses": [address]}}, format="json")
    assert answer.status_code == 422, answer.content
    assert "private" in answer.json()["error"]["message"]
    assert not Source.objects.exists()


def test_a_name_that_points_into_a_private_network_later_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name was checked when it was entered; the answer of the name service changed since."""
    found: list[str] = []

    def rebound(host: str, port: int) -> Any:
        if host == "feeds.example":
            found.append(host)
            return ["10.0.0.7"]
        return system_resolve(host, port)

    monkeypatch.setattr(http, "system_resolve", rebound)
    monkeypatch.setattr(
        http.Client.__init__, "__kwdefaults__", {**http.Client.__init__.__kwdefaults__, "resolve": rebound}
    )
    team = make_team()
    source = _saved_unchecked(team, "http://feeds.example/rss")
    job = again(source)
    assert found
    assert job.status == JobStatus.FAILED
    assert "private" in job.error_message


def test_an_unknown_platform_says_which_ones_are_known() -> None:
    team = make_team()
    client = api_client_for(team.memberships.get().user, team)
    made = client.post("/api/v1/projects", {"name": "Shop"}, format="json").json()
    url = f"/api/v1/projects/{made['id']}/targets"
    answer = client.post(url, {"url": "https://notamazon.com/dp/B0ABCDEFGH"}, format="json")
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert list(error["details"]) == ["url"]
    for platform in ("Amazon", "Steam", "YouTube", "Reddit", "Trustpilot", "Yelp"):
        assert platform in str(error["details"])
    assert client.get(url).json()["total"] == 0


class Endless:
    """Announces two gigabytes and sends for as long as somebody reads. ``sent``: bytes that went out."""

    def __init__(self) -> None:
        self.sent = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {2 * GIGABYTE}\r\n\r\n"
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, suppress(OSError):
                    client.recv(65_536)
                    client.sendall(head.encode())
                    while self.sent < 2 * GIGABYTE:
                        self.sent += client.send(b" " * 65_536)


def _saved_unchecked(team: Team, address: str) -> Source:
    return connect_source(team=team, by=None, kind="feed", config={"addresses": [address]}, check=False).source
