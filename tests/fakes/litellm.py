"""A local LiteLLM proxy: its list of calls, ``GET /spend/logs/v2``, as version 1.109 gives it.

``python -m tests.fakes.litellm --port 9040 --calls 5000`` serves one for demos and benches. Both dates belong to the
span and are read as UTC; the count stops at a cap, while pages behind it still hold calls.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

PATH = "/spend/logs/v2"
KEY = "sk-litellm-9d41c7"
#: a key of somebody who is no admin
OWN_KEY = "sk-litellm-of-ada"
#: model as it served, provider, cost of a token in US dollars
MODELS = (
    ("gpt-4o-mini", "openai", 0.0000004),
    ("anthropic/claude-sonnet-4", "anthropic", 0.000009),
    ("groq/llama-3.3-70b", "groq", 0.0000007),
)
_OUTER = "Authentication Error, "


def told(at: datetime) -> str:
    """A time as LiteLLM writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def refused(message: str, code: int, kind: str = "auth_error") -> Answer:
    """An error as the proxy words it: the code is a text."""
    return json_answer({"error": {"message": message, "type": kind, "param": "None", "code": str(code)}}, code)


class LiteLlmFake(FakeServer):
    """``calls`` by request id, as they go over the wire; change them to change history.

    ``largest`` page that is given, ``cap`` of the count, ``has_list`` false for an old version, ``database`` false for
    a proxy without one. ``after_page`` is called with the number of each page that was sent. ``mixed_up`` makes it
    answer every page with the first one.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.calls: dict[str, dict[str, Any]] = {}
        self.largest, self.cap, self.has_list, self.database, self.mixed_up = 1000, 10_000, True, True, False
        self.after_page: Callable[[int], Any] = bool
        self._numbers = itertools.count()
        super().__init__(port)

    def add(self, at: datetime, **fields: Any) -> str:
        """A call begun ``at``; its request id."""
        number = next(self._numbers)
        name = str(fields.get("request_id", f"chatcmpl-{number}"))
        self.calls[name] = _call(name, number, at) | fields
        return name

    def fill(self, day: date, count: int, **fields: Any) -> None:
        """So many calls, spread over the day."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for number in range(count):
            self.add(start + timedelta(seconds=86_400 * number / count), **fields)

    def fail(self, at: datetime, **fields: Any) -> str:
        """A call that was refused: the model is the one asked for, and LiteLLM writes 0 for what it doesn't know."""
        nothing = {"spend": 0.0, "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        unknown = {"custom_llm_provider": "", "model_group": "", "request_duration_ms": 0, "cache_hit": "None"}
        return self.add(at, **{"status": "failure", "model": "gpt-4o-mini", **nothing, **unknown, **fields})

    def answer(self, request: Request) -> Answer:
        if request.path != PATH or not self.has_list:
            return json_answer({"detail": "Not Found"}, 404)
        if not self.database:
            return refused(
                "DB not connected. See https://docs.litellm.ai/docs/proxy/virtual_keys", 500, "internal_error"
            )
        headers = {name.lower(): value for name, value in request.headers.items()}
        key = headers.get("authorization", "").removeprefix("Bearer ")
        if key == OWN_KEY:
            message = "Only proxy admin can be used to generate, delete, update info for new keys/users/teams. "
            return refused(f"{_OUTER}{message}Route={PATH}. Your role=internal_user", 401)
        if key != KEY:
            hint = f"sk-...{key[-4:]}"
            return refused(
                f"{_OUTER}Invalid proxy server token passed. Received API Key = {hint}, Key Hash (Token) =1f.", 401
            )
        return self._list(request)

    def _list(self, request: Request) -> Answer:
        size, number = int(request.query.get("page_size", 50)), int(request.query.get("page", 1))
        if size > self.largest:
            said = f"Input should be less than or equal to {self.largest}"
            detail = {"type": "less_than_equal", "loc": ["query", "page_size"], "msg": said, "input": str(size)}
            return json_answer({"detail": [detail | {"ctx": {"le": self.largest}}]}, 422)
        try:
            start, end = (_read(request.query[name]) for name in ("start_date", "end_date"))
        except (KeyError, ValueError):
            return refused("Invalid date format", 400, "bad_request_error")
        found = [one for one in self.calls.values() if start <= str(one["startTime"]) <= end]
        found.sort(key=lambda one: (str(one["startTime"]), str(one["request_id"])))
        first = 0 if self.mixed_up else (number - 1) * size
        total = min(len(found), self.cap)
        body = {
            "data": found[first : first + size], "total": total, "page": number, "page_size": size,
            "total_pages": -(-total // size), "total_is_capped": len(found) > self.cap,
        }  # fmt: skip
        self.after_page(number)
        return json_answer(body)


def _read(text: str) -> str:
    """A date as it is taken: seconds in UTC, or a whole day; any other form is refused."""
    kind = "%Y-%m-%d %H:%M:%S" if " " in text else "%Y-%m-%d"
    return told(datetime.strptime(text, kind).replace(tzinfo=UTC))


def _call(name: str, number: int, at: datetime) -> dict[str, Any]:
    model, provider, price = MODELS[number % len(MODELS)]
    sent, got = 100 + number % 50, 20 + number % 30
    millis = 400 + number % 700
    return {
        "request_id": name, "litellm_call_id": f"5d0e-{number}", "call_type": "acompletion", "api_key": "88dc" * 16,
        "spend": (sent + got) * price, "total_tokens": sent + got, "prompt_tokens": sent, "completion_tokens": got,
        "startTime": told(at), "endTime": told(at + timedelta(milliseconds=millis)), "request_duration_ms": millis,
        "completionStartTime": told(at + timedelta(milliseconds=100)), "model": model, "model_group": "small",
        "model_id": "a1", "custom_llm_provider": provider, "cache_hit": "True" if number % 10 == 0 else "False",
        "user": "ada@example.com", "team_id": f"t{number % 2}", "end_user": "u-17", "session_id": "sess-9",
        "status": "success", "request_tags": ["checkout"], "requester_ip_address": "203.0.113.9",
        "metadata": {
            "user_api_key_alias": ("web", "batch", None)[number % 3],
            "user_api_key_team_alias": ("search", None)[number % 2],
            "usage_object": {"prompt_tokens": sent}, "cost_breakdown": {"total_cost": (sent + got) * price},
        },
    }  # fmt: skip


def main() -> None:
    parser = arguments(f"A local LiteLLM proxy with made-up calls. Its key is {KEY}.")
    parser.add_argument("--calls", type=int, default=5_000, help="calls of each of the last 30 days")
    chosen = parser.parse_args()
    fake = LiteLlmFake(port=chosen.port)
    today = datetime.fromtimestamp(time.time(), UTC).date()
    for back in range(1, 31):
        fake.fill(today - timedelta(days=back), chosen.calls)
    serve(fake)


if __name__ == "__main__":
    main()
