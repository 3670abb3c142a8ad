"""Twenty equal requests at the same moment are one."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from accounts.models import IdempotencyKey, Team
from tests.cast import api_client_for, make_user


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_team() -> None:
    user = make_user()
    before = Team.objects.count()
    client = api_client_for(user)
    token = client._credentials["HTTP_AUTHORIZATION"]
    answers: list[Any] = []
    together = threading.Barrier(20)

    def press() -> None:
        together.wait(20)
        mine = Client(raise_request_exception=False, headers={"Authorization": token, "Idempotency-Key": "twenty"})
        answers.append(mine.post("/api/v1/teams", {"name": "Once"}, content_type="application/json"))
        connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted({one.status_code for one in answers}) == [201], [one.content for one in answers]
    assert len({one.json()["id"] for one in answers}) == 1
    assert Team.objects.count() == before + 1
    assert IdempotencyKey.objects.filter(key="twenty").count() == 1
    assert connection.vendor
