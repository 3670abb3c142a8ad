"""Nobody finds out by asking who has an account."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from rest_framework.test import APIClient

from accounts.throttling import forget_usage
from tests.cast import PASSWORD, make_user

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "known@example.com", "absent@example.com"
ARGON = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    forget_usage()
    cache.clear()
    yield
    forget_usage()


def _api(path: str, **body: str) -> tuple[int, str]:
    cache.clear()
    answer = APIClient(raise_request_exception=False).post(path, body)
    return answer.status_code, re.sub(r'"request_id":"[^"]*"', "", answer.content.decode())


def _page(path: str, address: str, **body: str) -> tuple[int, str, str]:
    cache.clear()
    answer = Client(raise_request_exception=False).post(path, body)
    text = re.sub(r"[A-Za-z0-9]{64}", "CSRF", answer.content.decode()).replace(address, "ADDRESS")
    return answer.status_code, answer.headers.get("Location", ""), text


ASKING: dict[str, Callable[[str], Any]] = {
    "API sign-in": lambda email: _api("/api/v1/auth/login", email=email, password="wrong"),
    "API token": lambda email: _api("/api/v1/auth/token", username=email, password="wrong"),
    "API token, older address": lambda email: _api("/auth/token", username=email, password="wrong"),
    "API refresh with a password": lambda email: _api("/auth/refresh", email=email, password="wrong"),
    "API forgotten password": lambda email: _api("/api/v1/auth/forgot-password", email=email),
    "page sign-in": lambda email: _page("/accounts/login/", email, login=email, password="wrong"),
    "page forgotten password": lambda email: _page("/accounts/password/reset/", email, email=email),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING.keys())
def test_known_unknown_and_switched_off_addresses_get_the_same_answer(ask: Callable[[str], Any]) -> None:
    make_user(KNOWN)
    make_user("off@example.com", is_active=False)
    answers = [ask(address) for address in (KNOWN, UNKNOWN, "off@example.com")]
    assert answers[0] == answers[1] == answers[2]


def test_a_switched_off_account_does_not_show_itself_even_with_its_password() -> None:
    make_user("off@example.com", is_active=False)
    right = _api("/api/v1/auth/login", email="off@example.com", password=PASSWORD)
    assert right == _api("/api/v1/auth/login", email=UNKNOWN, password=PASSWORD)


def test_the_mail_and_not_the_answer_says_whether_there_is_an_account() -> None:
    make_user(KNOWN)
    for address in (KNOWN, UNKNOWN):
        _api("/api/v1/auth/forgot-password", email=address)
    told = {one.to[0]: one.body for one in mail.outbox}
    assert "/reset/key/" in told[KNOWN]
    assert "/reset/key/" not in told.get(UNKNOWN, "")


@pytest.mark.slow
@override_settings(PASSWORD_HASHERS=ARGON)
def test_an_unknown_address_takes_as_long_as_a_wrong_password() -> None:
    """CPU time of this process, both ways in turn: the median of the pairs lies within a tenth of equal."""
    make_user(KNOWN)
    seconds: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for turn in range(20):
        for address, taken in sorted(seconds.items(), reverse=bool(turn % 2)):
            forget_usage()
            began = time.process_time()
            _api("/api/v1/auth/login", email=address, password="wrong")
            taken.append(time.process_time() - began)
    pairs = zip(seconds[KNOWN], seconds[UNKNOWN], strict=True)
    assert 0.9 < statistics.median(known / unknown for known, unknown in pairs) < 1.1, seconds


def test_fifty_wrong_passwords_are_stopped_and_the_owner_still_gets_in_from_elsewhere() -> None:
    make_user(KNOWN)
    guesser = APIClient(raise_request_exception=False, REMOTE_ADDR="203.0.113.9")
    answers = [guesser.post("/api/v1/auth/login", {"email": KNOWN, "password": f"guess {n}"}) for n in range(50)]
    refused = [one for one in answers if one.status_code == 429]
    assert len(refused) >= 30
    assert int(refused[-1]["Retry-After"]) >= 1
    elsewhere = APIClient(raise_request_exception=False, REMOTE_ADDR="198.51.100.4")
    assert elsewhere.post("/api/v1/auth/login", {"email": KNOWN, "password": PASSWORD}).status_code == 200
