"""Health, older addresses, and the API's own description."""

from __future__ import annotations

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from accounts.models import User
from livinglytics import health
from tests.cast import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/health/live", "/health/liveness", "/v1/health/liveness"])
def test_a_living_process_says_so_without_the_database(client: Client, path: str, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get(path).json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/health/ready", "/health/readiness", "/v1/health/readiness"])
def test_a_ready_process_names_its_parts(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json()["checks"] == dict.fromkeys(["database", "cache", "broker", "migrations"], "ok")


def test_a_part_that_fails_makes_it_503_without_telling_secrets(client: Client, monkeypatch) -> None:
    def broken() -> str:
        raise OSError("redis://:secret@host")

    monkeypatch.setitem(health._CHECKS, "broker", broken)
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "failed (OSError)"
    assert "secret" not in answer.content.decode()
    assert client.get("/health").json()["status"] == "unhealthy"


def test_details_are_for_staff(client: Client, owner: User) -> None:
    assert client.get("/health/details").status_code == 403
    client.force_login(owner)
    assert client.get("/health/details").status_code == 403
    client.force_login(make_user(is_staff=True))
    assert client.get("/health/details").json()["database_engine"]


def test_seeding_exists_only_while_developing(client: Client, settings) -> None:
    settings.DEBUG = False
    assert client.post("/v1/dev/seed-user?email=dev@example.com").status_code == 404
    settings.DEBUG = True
    assert client.post("/v1/dev/seed-user?email=dev@example.com").json()["created"]
    assert not client.post("/v1/dev/seed-user?email=dev@example.com").json()["created"]


def test_every_operation_describes_its_errors_with_an_example() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(schema)
    assert schema["openapi"].startswith("3.1")
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            answers = operation["responses"]
            assert {"401", "429", "500"} <= set(answers), f"{method} {path}"
            content = answers["429"]["content"]["application/json"]
            assert content["schema"]["$ref"] == "#/components/schemas/Error"
            assert content["examples"]


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/redoc"])
def test_the_documents_open_from_local_files(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "cdn." not in answer.content.decode()
