"""One effect per Idempotency-Key."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections

from accounts import idempotency
from accounts.models import IdempotencyKey, Team, User
from livinglytics.lib import clock
from tests.cast import api_client_for, make_user

pytestmark = pytest.mark.django_db
TEAMS = "/api/v1/teams"


def test_a_repeat_gets_the_first_answer_and_makes_nothing(owner: User) -> None:
    client = api_client_for(owner)
    first = client.post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="a")
    again = client.post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Team.objects.filter(name="Once").count() == 1


def test_the_same_key_with_another_body_is_refused(owner: User) -> None:
    client = api_client_for(owner)
    client.post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="a")
    assert client.post(TEAMS, {"name": "Other"}, HTTP_IDEMPOTENCY_KEY="a").status_code == 422


def test_keys_of_different_people_do_not_meet(owner: User, member: User) -> None:
    for user in (owner, member):
        assert api_client_for(user).post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="a").status_code == 201
    assert Team.objects.filter(name="Once").count() == 2


def test_a_refused_request_can_be_sent_again_corrected(owner: User) -> None:
    client = api_client_for(owner)
    assert client.post(TEAMS, {}, HTTP_IDEMPOTENCY_KEY="a").status_code == 422
    assert client.post(TEAMS, {"name": "Now"}, HTTP_IDEMPOTENCY_KEY="a").status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "tab\there"])
def test_a_strange_key_is_refused(owner: User, key: str) -> None:
    assert api_client_for(owner).post(TEAMS, {"name": "x"}, HTTP_IDEMPOTENCY_KEY=key).status_code == 422


def test_a_request_that_died_half_way_is_taken_over(owner: User) -> None:
    client = api_client_for(owner)
    client.post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="a")
    IdempotencyKey.objects.update(status=None, body=None, updated_at=clock.now() - timedelta(minutes=5))
    assert client.post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="a").status_code == 201
    assert IdempotencyKey.objects.get().status == 201


def test_answers_are_forgotten_after_a_day(owner: User) -> None:
    client = api_client_for(owner)
    client.post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="a")
    IdempotencyKey.objects.update(created_at=clock.now() - timedelta(hours=25))
    assert client.post(TEAMS, {"name": "Other"}, HTTP_IDEMPOTENCY_KEY="a").status_code == 201
    IdempotencyKey.objects.update(created_at=clock.now() - timedelta(hours=25))
    assert idempotency.forget_old_answers() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_simultaneous_equal_requests_have_one_effect() -> None:
    client_of = make_user()
    clients = [api_client_for(client_of) for _ in range(20)]
    start, answers = threading.Barrier(20), []

    def send(client) -> None:
        start.wait()
        answers.append(client.post(TEAMS, {"name": "Once"}, HTTP_IDEMPOTENCY_KEY="same").status_code)
        connections.close_all()

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 20
    assert Team.objects.filter(name="Once").count() == 1
