"""Access tokens that somebody made or bent: none opens anything."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from accounts.actions.sessions import start_session
from accounts.models import User
from tests.cast import bearer, make_user

pytestmark = pytest.mark.django_db
ME = "/api/v1/auth/me"
Claims = dict[str, Any]
KEY = settings.SECRET_KEY


def _signed(claims: Claims, **headers: Any) -> str:
    return jwt.encode(claims, KEY, "HS256", headers=headers or None)


def _unsigned(claims: Claims, alg: str) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims)}."


def _by_rsa(claims: Claims) -> str:
    return jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256")


def _by_hand(claims: Claims, secret: bytes, **headers: Any) -> str:
    """HS256 as a forger computes it, who asks no library whether the secret is a good one."""
    head, body, _ = _unsigned(claims, "HS256").split(".")
    if headers:
        head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", **headers}).encode()).rstrip(b"=").decode()
    mac = hmac.digest(secret, f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _public_key_as_secret(claims: Claims) -> str:
    """The classical confusion: a public key used as the secret of HS256."""
    public = rsa.generate_private_key(65537, 2048).public_key()
    return _by_hand(
        claims, public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _without(name: str) -> Callable[[Claims], str]:
    return lambda claims: _signed({key: value for key, value in claims.items() if key != name})


def _with(**changes: Any) -> Callable[[Claims], str]:
    return lambda claims: _signed({**claims, **changes})


FORGERIES: dict[str, Callable[[Claims], str]] = {
    "no algorithm": lambda claims: _unsigned(claims, "none"),
    "no algorithm, spelled oddly": lambda claims: _unsigned(claims, "NoNe"),
    "HS256 named, no signature": lambda claims: _unsigned(claims, "HS256"),
    "another secret": lambda claims: jwt.encode(claims, "another secret that is long enough…", "HS256"),
    "an empty secret": lambda claims: _by_hand(claims, b""),
    "RS256 by a key of one's own": _by_rsa,
    "a public key as the secret": _public_key_as_secret,
    "HS512 with the right secret": lambda claims: jwt.encode(claims, KEY, "HS512"),
    "a refresh token's type": _with(typ="refresh"),
    "no type": _without("typ"),
    "another audience": _with(aud="somebody-else"),
    "no audience": _without("aud"),
    "another issuer": _with(iss="somebody-else"),
    "no issuer": _without("iss"),
    "expired": _with(exp=int(time.time()) - 1),
    "no end": _without("exp"),
    "an end that is no number": _with(exp="never"),
    "an older password": _with(tv=-1),
    "a password version that is no number": _with(tv="x"),
    "a family that isn't there": _with(fam=str(uuid.uuid4())),
    "a family that is no id": _with(fam="../../x"),
    "no family": _without("fam"),
    "a person that isn't there": _with(sub=str(uuid.uuid4())),
    "a person that is no id": _with(sub="1 OR 1=1"),
    "a person that is a list": _with(sub=["x"]),
    "not valid yet": _with(nbf=int(time.time()) + 86_400),
}


@pytest.fixture
def claims() -> Claims:
    user = make_user()
    found: Claims = jwt.decode(start_session(user=user).access_token, options={"verify_signature": False})
    assert bearer(_signed(found)).get(ME).status_code == 200, "the forger's own hand works when nothing is changed"
    return found


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_refused(claims: Claims, forge: Callable[[Claims], str]) -> None:
    answer = bearer(forge(claims)).get(ME)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_TOKEN")


def test_another_person_s_family_does_not_make_one_that_person(claims: Claims) -> None:
    victim = make_user()
    forged = _signed({**claims, "sub": str(victim.pk)})
    assert bearer(forged).get(ME).status_code == 401


@pytest.mark.parametrize("kid", ["../../../../dev/null", "' UNION SELECT 'x", "file:///etc/passwd"])
def test_a_key_id_leads_nowhere(claims: Claims, kid: str) -> None:
    assert bearer(_by_hand(claims, b"", kid=kid)).get(ME).status_code == 401


def test_every_single_bit_of_the_signature_counts() -> None:
    user: User = make_user()
    token = start_session(user=user).access_token
    head, body, mac = token.split(".")
    raw = base64.urlsafe_b64decode(mac + "==")
    for at in range(len(raw) * 8):
        bent = bytearray(raw)
        bent[at // 8] ^= 1 << at % 8
        forged = ".".join([head, body, base64.urlsafe_b64encode(bytes(bent)).rstrip(b"=").decode()])
        assert bearer(forged).get(ME).status_code == 401, at
    assert bearer(token).get(ME).status_code == 200
