"""What every answer carries, what the framework's own check says, and what an error never shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.cast import PASSWORD, api_client_for, make_user

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
STRONG = "only-for-this-check-and-long-enough-to-sign-every-token-of-the-product-0123456789"
ADDRESSES = (
    "/accounts/login/",
    "/health/live",
    "/api/v1/auth/me",
    "/openapi.json",
    "/nothing/",
    "/api/nothing",
    "/admin/",
)
TRACES = ("Traceback", "site-packages", "/work/", str(ROOT), "settings.py", "DJANGO_SETTINGS_MODULE", "Exception Type")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_says_how_it_may_be_used(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Request-ID"]
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers


def test_what_belongs_to_a_person_is_kept_by_no_cache_in_between() -> None:
    user = make_user()
    assert api_client_for(user).get("/api/v1/auth/me")["Cache-Control"] == "no-store"
    client = Client()
    client.force_login(user)
    assert "private" in client.get("/settings/profile/")["Cache-Control"]


def test_cookies_can_t_be_read_by_scripts_and_don_t_travel(client: Client) -> None:
    body = {"login": make_user().email, "password": PASSWORD}
    assert client.post("/accounts/login/", body).status_code == 302
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_a_foreign_page_may_read_no_answer(client: Client, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        answer = client.generic(
            method, "/api/v1/auth/me", headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
        )
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example"])
def test_another_host_name_is_refused(client: Client, host: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    answer = client.get("/accounts/login/", headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.content.decode()


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(client: Client, to: str) -> None:
    user = make_user()
    body = {"login": user.email, "password": PASSWORD, "next": to}
    answer = client.post(f"/accounts/login/?next={to}", body)
    assert answer.status_code == 302
    assert answer["Location"] == "/"


@pytest.mark.parametrize("address", ["/", "/api/v1/teams", "/health"])
def test_an_error_of_ours_shows_no_trace(settings: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Break the database under the views, and read what people get."""
    from accounts import identity

    user = make_user("trace@example.com")
    client = api_client_for(user)
    client.force_login(user)

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("secret planted-in-the-error")

    monkeypatch.setattr(identity, "memberships_of", broken)
    monkeypatch.setattr("accounts.api.base.paged", broken)
    monkeypatch.setattr("accounts.api.teams.paged", broken)
    monkeypatch.setattr("livinglytics.health.check", broken)
    assert settings.DEBUG is False
    answer = client.get(address)
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "planted-in-the-error" not in text
    assert [one for one in TRACES if one in text] == []
    assert answer["X-Request-ID"] in text


def test_the_framework_s_own_check_for_production_is_silent(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {
        "PUBLIC_URL": "https://numbers.example",
        "ALLOWED_HOSTS": "numbers.example",
        "SECRET_KEY": STRONG,
        "SEALING_KEYS": "C0nh0Oe7W3Ww5Qn5wXcQYyb3vJc1F2hVxZQm2yWw2mE=",
        "DATA_DIR": str(tmp_path),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_https_cookies_and_redirects_follow_from_the_public_address(tmp_path: Path) -> None:
    script = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS >= 31536000, s.DEBUG)"
    )
    environment = {**os.environ, "PUBLIC_URL": "https://numbers.example", "DATA_DIR": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "livinglytics.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["True", "True", "True", "True", "False"], done.stderr
