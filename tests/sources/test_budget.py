"""How often a run may ask: shared by all runs with one key, and a distance between two requests."""

from __future__ import annotations

import pytest

from accounts.counting import OwnCounter
from livinglytics.lib.errors import RateLimited
from sources.actions.budget import DAY, Budget, Share, budget_of
from sources.connectors import connectors
from sources.connectors._base import Connector


class Clock:
    """A clock that only moves when somebody waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.waits = 1_000.0, list[float]()
        own = OwnCounter()  # Redis has a clock of its own
        monkeypatch.setattr("sources.actions.budget.counter", lambda: own)
        monkeypatch.setattr("livinglytics.lib.clock.monotonic", lambda: self.now)
        monkeypatch.setattr("accounts.counting.time.time", lambda: self.now)
        monkeypatch.setattr("accounts.counting.time.monotonic", lambda: self.now)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def share(most: int = 5, seconds: int = 10) -> Share:
    return Share("test", most, seconds, "Used up.")


def test_a_short_wait_is_sat_out(clock: Clock) -> None:
    budget = Budget((share(),), pause=clock.wait)
    for _ in range(12):
        budget()
    assert budget.requests == 12
    assert clock.waits
    assert clock.now - 1_000.0 >= 10


def test_a_long_wait_puts_the_run_back(clock: Clock) -> None:
    budget = Budget((share(2, DAY),), pause=clock.wait)
    budget()
    budget()
    with pytest.raises(RateLimited) as error:
        budget()
    assert (error.value.message, clock.waits) == ("Used up.", [])
    assert (error.value.retry_after or 0) > 60


def test_two_runs_share_what_one_key_may_ask(clock: Clock) -> None:
    first, second = (Budget((share(2, DAY),), pause=clock.wait) for _ in range(2))
    first()
    second()
    with pytest.raises(RateLimited):
        first()


def test_two_requests_keep_their_distance(clock: Clock) -> None:
    budget = Budget(delay=2.0, pause=clock.wait)
    budget()
    clock.now += 0.5
    budget()
    clock.now += 5
    budget()
    assert clock.waits == [1.5]


def test_what_was_asked_is_told_once() -> None:
    budget = Budget()
    budget()
    budget()
    assert (budget.fresh(), budget.fresh()) == (2, 0)


def shares(kind: str, secrets: dict[str, str], **options: object) -> tuple[Share, ...]:
    connector: Connector = connectors.get(kind)
    return budget_of(connector, secrets, lambda seconds: None, options).shares


def test_the_same_key_is_one_budget_and_another_key_another() -> None:
    one, same, other = (shares("github", {"token": token}) for token in ("ghp_a", "ghp_a", "ghp_b"))
    assert [part.key for part in one] == [part.key for part in same]
    assert [part.key for part in one] != [part.key for part in other]
    assert "ghp_a" not in str(one)


def test_an_operator_can_set_another_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_BUDGET", "10/minute; 100/hour")
    assert [(part.most, part.seconds) for part in shares("github", {})] == [(10, 60), (100, 3600)]
    monkeypatch.setenv("GITHUB_BUDGET", "plenty")
    assert shares("github", {}) == ()


def test_a_project_has_a_budget_for_a_day() -> None:
    found = shares("push", {}, requests_a_day=50, project="p1")
    assert [(part.key, part.most, part.seconds) for part in found] == [("project/p1", 50, DAY)]
    assert shares("push", {}, requests_a_day=50) == ()


@pytest.mark.parametrize("connector", connectors.all(), ids=lambda one: one.key)
def test_every_declared_budget_can_be_read(connector: Connector) -> None:
    declared = [part for part in connector.budget.split(";") if part.strip()]
    assert len(budget_of(connector, {"key": "x"}, lambda seconds: None, {}).shares) == len(declared)
