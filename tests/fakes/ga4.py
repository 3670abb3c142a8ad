"""A local Google Analytics 4: the token endpoint, the Data API v1beta and the name from the Admin API.

``python -m tests.fakes.ga4 --port 9030 --key key.json`` serves one and writes a key that opens it.

Every day is a list of sessions, so that people are truly counted apart: who comes twice is one user.
Answers are spelled as Google spells them: all values as texts, ``rows`` and ``rowCount`` absent where
there is nothing, errors as google.rpc.Status, those of the token endpoint after RFC 6749.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes._server import Answer, FakeServer, Request, arguments, serve

AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPES = {f"https://www.googleapis.com/auth/analytics{end}" for end in ("", ".readonly")}
EMAIL = "reader@living-lytics-tests.iam.gserviceaccount.com"
KEY_ID = "5f1c0b7e9a2d4c6e8f00112233445566778899aa"
MOST_ROWS = 250_000
SCHEMA = "https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema "
ABOUT_ID = "https://developers.google.com/analytics/devguides/reporting/data/v1/property-id."
ABOUT_SIGN_IN = "See https://developers.google.com/identity/sign-in/web/devconsole-project."
CONCURRENT = "Exhausted concurrent requests quota. Please wait for your previous requests to complete."
PROJECT_HOUR = (
    "Exhausted property tokens for a project per hour. These quota tokens will return in under an hour. To learn "
    "more, see https://developers.google.com/analytics/devguides/reporting/data/v1/quotas"
)
THRESHOLDED = "Exhausted potentially thresholded requests quota. These quota tokens will return in under an hour."
SERVER_ERRORS = "Exhausted server errors quota for a project per hour."
PER_DAY = "Exhausted property tokens per day. These quota tokens will return in under 24 hours."
DISABLED = (
    "Google Analytics Data API has not been used in project 123456 before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/analyticsdata.googleapis.com/overview?project=123456 then retry. "
    "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
)
CHANNELS = ("Organic Search", "Direct", "Referral", "Paid Search", "Email")
COUNTRIES = ("Germany", "France", "United States", "Türkiye", "Côte d’Ivoire", "(not set)")
DEVICES = ("desktop", "mobile", "tablet")
#: units of each currency for one euro
RATES = {"EUR": 1.0, "USD": 1.25, "GBP": 0.8, "JPY": 160.0}


@dataclass(frozen=True, slots=True)
class Session:
    """One visit. ``revenue`` is in the property's currency."""

    user: int
    channel: str = "Direct"
    country: str = "Germany"
    device: str = "desktop"
    new: bool = False
    pages: int = 1
    engaged: bool = False
    key_events: float = 0.0
    revenue: float = 0.0


def _total(of: Callable[[Session], float]) -> Callable[[list[Session]], float]:
    return lambda sessions: sum(of(one) for one in sessions)


def _people(of: Callable[[Session], bool]) -> Callable[[list[Session]], float]:
    return lambda sessions: len({one.user for one in sessions if of(one)})


DIMENSIONS: dict[str, Callable[[Session], str]] = {
    "sessionDefaultChannelGroup": lambda one: one.channel,
    "country": lambda one: one.country,
    "deviceCategory": lambda one: one.device,
    "newVsReturning": lambda one: "new" if one.new else "returning",
}
METRICS: dict[str, tuple[str, Callable[[list[Session]], float]]] = {
    "sessions": ("TYPE_INTEGER", len),
    "totalUsers": ("TYPE_INTEGER", _people(lambda one: True)),
    "activeUsers": ("TYPE_INTEGER", _people(lambda one: one.engaged)),
    "newUsers": ("TYPE_INTEGER", _people(lambda one: one.new)),
    "screenPageViews": ("TYPE_INTEGER", _total(lambda one: one.pages)),
    "engagedSessions": ("TYPE_INTEGER", _total(lambda one: one.engaged)),
    "keyEvents": ("TYPE_FLOAT", _total(lambda one: one.key_events)),
    "totalRevenue": ("TYPE_CURRENCY", _total(lambda one: one.revenue)),
    "eventCount": ("TYPE_INTEGER", _total(lambda one: one.pages * 3)),
    "addToCarts": ("TYPE_INTEGER", _total(lambda one: one.revenue > 0)),
    "transactions": ("TYPE_INTEGER", _total(lambda one: one.revenue > 0)),
}


class RefusedError(Exception):
    """An answer that is no report."""

    def __init__(self, code: int, status: str, message: str, details: list[Any] | None = None) -> None:
        super().__init__(message)
        error: dict[str, Any] = {"code": code, "message": message, "status": status}
        self.answer = pretty({"error": error | ({"details": details} if details else {})}, code)


@cache
def _keys() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Quota:
    """What is left, and what a report costs."""

    cost: int = 4
    left: dict[str, int] = field(
        default_factory=lambda: {
            "tokensPerDay": 200_000,
            "tokensPerHour": 40_000,
            "tokensPerProjectPerHour": 14_000,
            "concurrentRequests": 10,
            "serverErrorsPerProjectPerHour": 10,
            "potentiallyThresholdedRequestsPerHour": 120,
        }
    )

    def spend(self) -> None:
        for name, message in (("tokensPerDay", PER_DAY), ("tokensPerProjectPerHour", PROJECT_HOUR)):
            if self.left[name] < self.cost:
                raise RefusedError(429, "RESOURCE_EXHAUSTED", message)
        for name in ("tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour"):
            self.left[name] -= self.cost

    def told(self) -> dict[str, Any]:
        used = {name: {"consumed": self.cost} for name in self.left if name.startswith("tokens")}
        return {name: {**used.get(name, {}), "remaining": left} for name, left in self.left.items()}


class Ga4Fake(FakeServer):
    """One property with ``size`` sessions a day in the ``days`` days before ``now``.

    ``history`` is what Google counted: tests add, change and remove sessions in it. ``metadata`` holds flags
    by day; ``blocked`` metrics this account may not see; ``most_rows`` caps a page as Google's own limit does;
    ``between`` is called before each page that is not a report's first. ``admits`` tells which tokens of people who
    signed in elsewhere are good.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        number: str = "123456789",
        now: int | None = 1_795_100_000,
        days: int = 10,
        size: int = 40,
        zone: str = "Europe/Berlin",
        currency: str = "EUR",
    ) -> None:
        self.number, self._now, self.zone, self.currency = number, now, zone, currency
        self.display_name: str | None = "Harbor – website"
        self.quota, self.most_rows = Quota(), MOST_ROWS
        self.enabled, self.readable = True, True
        self.metadata: dict[date, dict[str, Any]] = {}
        self.blocked: set[str] = set()
        self.between: Callable[[int], None] = lambda offset: None
        self.alter: Callable[[dict[str, Any]], Any] = lambda report: report
        self.tokens: dict[str, int] = {}
        self.admits: Callable[[str], bool] = lambda token: False
        self.lifetime = 3599
        self.account = EMAIL
        last = self.today() - timedelta(days=1)
        self.history = {last - timedelta(days=n): _sessions(last - timedelta(days=n), size) for n in range(days)}
        super().__init__(port)

    @property
    def now(self) -> int:
        """Epoch seconds by Google's clock: set by a test, else the real time."""
        return int(time.time()) if self._now is None else self._now

    @now.setter
    def now(self, seconds: int) -> None:
        self._now = seconds

    def today(self) -> date:
        return datetime.fromtimestamp(self.now, ZoneInfo(self.zone)).date()

    def key_file(self, **changed: Any) -> str:
        """The JSON file that Google Cloud hands out."""
        pem = _keys().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        found = {
            "type": "service_account",
            "project_id": "living-lytics-tests",
            "private_key_id": KEY_ID,
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "client_id": "104727004242420010001",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": AUDIENCE,
            "universe_domain": "googleapis.com",
        }
        return json.dumps({name: value for name, value in {**found, **changed}.items() if value is not None}, indent=2)

    def revoke(self) -> None:
        """Every token given out so far is refused from now on."""
        self.tokens.clear()

    def add(self, day: date, **what: Any) -> None:
        """A session that Google counts late."""
        self.history.setdefault(day, []).append(Session(**what))

    def drop(self, day: date, wanted: Callable[[Session], bool]) -> None:
        """Sessions that Google takes back, such as those of robots."""
        self.history[day] = [one for one in self.history[day] if not wanted(one)]

    # -- answers ----------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if request.path == "/token" and request.method == "POST":
            return self._token(request)
        report = re.fullmatch(r"/v1beta/properties/([^/:]+):runReport", request.path)
        try:
            if report and request.method == "POST":
                self._admit(request)
                return self._report(report[1], json.loads(request.body))
            if request.path == f"/v1beta/properties/{self.number}" and request.method == "GET":
                self._admit(request)
                return self._property()
        except RefusedError as refused:
            return refused.answer
        page = f"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>{len(request.path)}</p>"
        return Answer(page.encode(), 404, kind="text/html; charset=UTF-8")

    def _token(self, request: Request) -> Answer:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return _no_token("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                _keys().public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
            )
        except jwt.InvalidSignatureError:
            return _no_token("invalid_grant", "Invalid JWT Signature.")
        except jwt.InvalidTokenError:
            return _no_token("invalid_request", "Bad Request")
        if claims.get("iss") != self.account:
            return _no_token("invalid_grant", "Invalid grant: account not found")
        began, ends = int(claims.get("iat", 0)), int(claims.get("exp", 0))
        if began > self.now + 300 or ends < self.now or not began < ends <= self.now + 3600:
            window = "Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            return _no_token("invalid_grant", f"Invalid JWT: {window} Check your iat and exp values in the JWT claim.")
        if claims.get("aud") != AUDIENCE:
            return _no_token("invalid_grant", "Invalid JWT: Failed audience check.")
        if not set(str(claims.get("scope", "")).split()) <= SCOPES:
            return pretty({"id_token": "ey.no.access"})
        token = f"ya29.c.fake-{len(self.tokens)}-{random.randrange(16**12):012x}"
        self.tokens[token] = self.now + self.lifetime
        return pretty({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"})

    def _admit(self, request: Request) -> None:
        given = {name.lower(): value for name, value in request.headers.items()}.get("authorization", "")
        if not given:
            raise RefusedError(
                401,
                "UNAUTHENTICATED",
                "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie "
                f"or other valid authentication credential. {ABOUT_SIGN_IN}",
            )
        token = given.removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= self.now and not self.admits(token):
            raise RefusedError(
                401,
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
                f"valid authentication credential. {ABOUT_SIGN_IN}",
            )

    def _property(self) -> Answer:
        if self.display_name is None:
            details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
            raise RefusedError(403, "PERMISSION_DENIED", DISABLED.replace("Data API", "Admin API"), details)
        return pretty(
            {
                "name": f"properties/{self.number}",
                "parent": "accounts/100",
                "displayName": self.display_name,
                "timeZone": self.zone,
                "currencyCode": self.currency,
                "propertyType": "PROPERTY_TYPE_ORDINARY",
            }
        )

    def _report(self, number: str, asked: dict[str, Any]) -> Answer:
        if not number.isdigit():
            words = f"Invalid property ID: {number}. A numeric Property ID is required. To learn more about Property ID"
            raise RefusedError(400, "INVALID_ARGUMENT", f"{words}, see {ABOUT_ID}")
        if not self.enabled:
            details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
            raise RefusedError(403, "PERMISSION_DENIED", DISABLED, details)
        if number != self.number or not self.readable:
            words = "User does not have sufficient permissions for this property. To learn more about Property ID"
            raise RefusedError(403, "PERMISSION_DENIED", f"{words}, see {ABOUT_ID}")
        dimensions, metrics = self._names(asked)
        self.quota.spend()
        offset = int(asked.get("offset") or 0)
        if offset:
            self.between(offset)
        days = self._range(asked["dateRanges"])
        rows = _ordered(self._rows(days, dimensions, metrics, asked.get("currencyCode")), asked, dimensions)
        limit = min(int(asked.get("limit") or 10_000), self.most_rows)
        body: dict[str, Any] = {}
        if dimensions:
            body["dimensionHeaders"] = [{"name": name} for name in dimensions]
        body["metricHeaders"] = [{"name": name, "type": METRICS[name][0]} for name in metrics]
        if page := rows[offset : offset + limit]:
            body["rows"] = [_dressed(*row) for row in page]
        if rows:
            body["rowCount"] = len(rows)
        body["metadata"] = self._metadata(days, metrics, asked.get("currencyCode"))
        if asked.get("returnPropertyQuota"):
            body["propertyQuota"] = self.quota.told()
        return pretty(self.alter({**body, "kind": "analyticsData#runReport"}))

    def _names(self, asked: dict[str, Any]) -> tuple[list[str], list[str]]:
        dimensions = [one["name"] for one in asked.get("dimensions") or []]
        metrics = [one["name"] for one in asked.get("metrics") or []]
        for names, known, word in ((dimensions, DIMENSIONS, "dimension"), (metrics, METRICS, "metric")):
            for name in names:
                if name not in known:
                    gap = "  " if word == "metric" else " "
                    message = (
                        f"Field {name} is not a valid {word}.{gap}For a list of valid dimensions and metrics, see "
                    )
                    raise RefusedError(400, "INVALID_ARGUMENT", message + SCHEMA)
        if not dimensions and not metrics:
            message = "Requests require dimensions and/or metrics. Most requests include both."
            raise RefusedError(400, "INVALID_ARGUMENT", message)
        return dimensions, metrics

    def _range(self, ranges: list[dict[str, str]]) -> list[date]:
        first, last = (self._day(ranges[0][name]) for name in ("startDate", "endDate"))
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _day(self, text: str) -> date:
        ago = {"today": 0, "yesterday": 1}.get(text)
        return date.fromisoformat(text) if ago is None else self.today() - timedelta(days=ago)

    def _rows(
        self, days: Iterable[date], dimensions: list[str], metrics: list[str], currency: str | None
    ) -> list[tuple[list[str], list[float]]]:
        groups: dict[tuple[str, ...], list[Session]] = {}
        for day in days:
            for one in self.history.get(day, ()):
                groups.setdefault(tuple(DIMENSIONS[name](one) for name in dimensions), []).append(one)
        rate = RATES[currency or self.currency] / RATES[self.currency]
        factor = [rate if name == "totalRevenue" else 1 for name in metrics]
        hidden = [name in self.blocked for name in metrics]
        return [
            (
                [*key],
                [
                    0 if hide else METRICS[name][1](sessions) * times
                    for name, times, hide in zip(metrics, factor, hidden, strict=True)
                ],
            )
            for key, sessions in groups.items()
        ]

    def _metadata(self, days: list[date], metrics: list[str], currency: str | None) -> dict[str, Any]:
        told: dict[str, Any] = {"currencyCode": currency or self.currency, "timeZone": self.zone}
        for day in days:
            told |= self.metadata.get(day, {})
        if hidden := [name for name in metrics if name in self.blocked]:
            restricted = [{"metricName": name, "restrictedMetricTypes": ["REVENUE_DATA"]} for name in hidden]
            told["schemaRestrictionResponse"] = {"activeMetricRestrictions": restricted}
        return told


def pretty(value: Any, status: int = 200) -> Answer:
    """JSON with the line breaks and the charset that Google sends."""
    body = json.dumps(value, indent=2, ensure_ascii=False).encode()
    return Answer(body, status, kind="application/json; charset=UTF-8")


def _no_token(code: str, words: str) -> Answer:
    return pretty({"error": code, "error_description": words}, 400)


def _ordered(
    rows: list[tuple[list[str], list[float]]], asked: dict[str, Any], dimensions: list[str]
) -> list[tuple[list[str], list[float]]]:
    """By the dimensions asked for; without a wish, the largest first."""
    wish = [one["dimension"]["dimensionName"] for one in asked.get("orderBys") or [] if "dimension" in one]
    if wish:
        return sorted(rows, key=lambda row: [row[0][dimensions.index(name)] for name in wish])
    return sorted(rows, key=lambda row: (-(row[1][0] if row[1] else 0), row[0]))


def _dressed(values: list[str], numbers: list[float]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if values:
        row["dimensionValues"] = [{"value": value} for value in values]
    row["metricValues"] = [{"value": f"{number:.10g}"} for number in numbers]
    return row


def _sessions(day: date, size: int) -> list[Session]:
    dice = random.Random(day.toordinal())
    return [
        Session(
            user=dice.randrange(max(size * 2 // 3, 1)),
            channel=dice.choice(CHANNELS),
            country=dice.choice(COUNTRIES),
            device=dice.choice(DEVICES),
            new=dice.random() < 0.3,
            pages=dice.randrange(1, 9),
            engaged=dice.random() < 0.6,
            key_events=0.5 * dice.randrange(3),
            revenue=round(dice.random() * 80, 2) if dice.random() < 0.1 else 0.0,
        )
        for _ in range(size)
    ]


def main() -> None:
    parser = arguments("A local Google Analytics 4 with made-up sessions.")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--size", type=int, default=400, help="sessions a day")
    parser.add_argument("--key", type=Path, required=True, help="where to write the key file that opens it")
    chosen = parser.parse_args()
    fake = Ga4Fake(port=chosen.port, days=chosen.days, size=chosen.size, now=None)
    chosen.key.write_text(fake.key_file(), encoding="utf-8")
    serve(fake)


if __name__ == "__main__":
    main()
