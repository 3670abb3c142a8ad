"""How each address of the API is called. A new one fails the crawl until it stands here."""

from __future__ import annotations

from typing import Any

from tests.cast import PASSWORD
from tests.security.routes import Body, Call, Ids, Route, get
from tests.security.world import LINES

V1 = "api/v1/"
_NEW_PASSWORD = "another correct horse 7"


def _const(value: Any) -> Body:
    return lambda ids: value


def _person(method: str, body: Body | None = None, **more: Any) -> Call:
    """For anybody who is signed in; never for a team's token."""
    return Call(method, body, **more)


def _open(body: Body, **more: Any) -> Call:
    return Call("POST", body, least="", **more)


def _read(query: str = "", scope: str = "sources.read", **more: Any) -> Call:
    return get(query, scope=scope, **more)


def _write(method: str = "POST", body: Body | None = None, scope: str = "sources.write", **more: Any) -> Call:
    return Call(method, body, scope=scope, **{"least": "member", **more})


def _file(ids: Ids) -> dict[str, Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return {"file": SimpleUploadedFile("a.csv", LINES)}


_login = _const({"email": "nobody@nowhere.example", "password": PASSWORD})
_register = _const({"email": "new@nowhere.example", "password": _NEW_PASSWORD})
_refresh: Body = lambda ids: {"refresh_token": ids["own_refresh"]}  # noqa: E731
_name = _const({"name": "Changed"})
_role = _const({"role": "viewer"})
_team = _const({"name": "Changed", "currency": "EUR"})
_question: Body = lambda ids: {"metrics": [ids["metric"], "sessions"], "range": "2026-03-01,2026-03-07"}  # noqa: E731
_split: Body = lambda ids: {  # noqa: E731
    "metrics": ["sessions"],
    "range": "2026-03-01,2026-03-07",
    "dimensions": ["country"],
    "filters": [["is", "source", [str(ids["source"])]]],
}
_note = _const({"day": "2026-03-03", "title": "Noted"})
_metric = _const({"key": "made_up", "label": "Made up"})
_RANGE = "range=2026-03-01,2026-03-07"
_ME = (_person("GET"), _person("PUT", _name), _person("PATCH", _name), _person("DELETE", ok=409))

AUTH = (
    Route(f"{V1}auth/register", (_open(_register, ok=201),)),
    Route(f"{V1}auth/login", (_open(_login, ok=401),)),
    Route(f"{V1}auth/token", (_open(_login, ok=401),)),
    Route(f"{V1}auth/refresh", (_open(_login, ok=401), _open(_refresh, given=True))),
    Route(f"{V1}auth/logout", (_open(_refresh, ok=204, given=True),)),
    Route(f"{V1}auth/me", _ME),
    Route(
        f"{V1}auth/me/password",
        (_person("PUT", _const({"current_password": PASSWORD, "new_password": _NEW_PASSWORD}), ok=204),),
    ),
    Route(f"{V1}auth/forgot-password", (_open(_const({"email": "nobody@nowhere.example"})),)),
    Route(f"{V1}auth/reset-password", (_open(_const({"token": "1-abc", "password": _NEW_PASSWORD}), ok=422),)),
    Route(f"{V1}auth/sessions", (_person("GET"), _person("DELETE", ok=204))),
    Route(f"{V1}auth/sessions/<uuid:pk>", (_person("DELETE", ok=204),), {"pk": "session"}),
    Route(f"{V1}users", (_open(_register, ok=201),)),
    Route(f"{V1}users/me", _ME),
    Route(f"{V1}roles", (_person("GET"),)),
    Route("auth/token", (_open(_login, ok=401),)),
    Route("auth/refresh", (_open(_login, ok=401),)),
    Route("users", (_open(_register, ok=201),)),
    Route("users/me", _ME),
)
TEAMS = (
    Route(f"{V1}teams", (_person("GET"), _person("POST", _name, ok=201))),
    Route(
        f"{V1}teams/<slug:slug>",
        (
            _read(scope="team.read"),
            _write("PUT", _team, "team.write", least="admin"),
            _write("PATCH", _name, "team.write", least="admin"),
            Call("DELETE", ok=204, least="owner"),
        ),
        {"slug": "slug"},
    ),
    Route(
        f"{V1}teams/<slug:slug>/members",
        (
            _read(scope="team.read"),
            _write("POST", _const({"email": "free@nowhere.example"}), "team.write", least="admin", ok=201),
        ),
        {"slug": "slug"},
    ),
    Route(
        f"{V1}teams/<slug:slug>/members/<uuid:user_id>",
        (
            _read(scope="team.read"),
            _write("PUT", _role, "team.write", least="admin"),
            _write("PATCH", _role, "team.write", least="admin"),
            _write("DELETE", scope="team.read team.write", ok=204, least="admin"),
        ),
        {"slug": "slug", "user_id": "member"},
    ),
    Route(
        f"{V1}api-tokens",
        (
            get(least="admin"),
            Call("POST", _const({"name": "n", "scopes": ["metrics.read"]}), ok=201, least="admin"),
        ),
    ),
    Route(f"{V1}api-tokens/<uuid:pk>", (get(least="admin"), Call("DELETE", ok=204, least="admin")), {"pk": "token"}),
    Route(f"{V1}api-tokens/<uuid:pk>/rotate", (Call("POST", least="admin"),), {"pk": "token"}),
    Route(f"{V1}audit-events", (_read(scope="audit.read", least="admin"),)),
)
SOURCES = (
    Route(f"{V1}connectors", (_read(),)),
    Route(f"{V1}connectors/<slug:key>", (_read(),), {"key": "kind"}),
    Route(f"{V1}connectors/<slug:key>/check", (_write(body=_const({"config": {}})),), {"key": "kind"}),
    Route(f"{V1}sources", (_read("page_size=100"), _write(body=_const({"kind": "scripted", "name": "New"}), ok=201))),
    Route(
        f"{V1}sources/<uuid:pk>",
        (
            _read(),
            _write("PATCH", _name),
            _write("PUT", _const({"config": {"place": "there"}})),
            _write("DELETE", ok=202),
        ),
        {"pk": "source"},
    ),
    Route(f"{V1}sources/<uuid:pk>/check", (_write(),), {"pk": "source"}),
    Route(f"{V1}sources/<uuid:pk>/discover", (_write(),), {"pk": "source"}),
    Route(f"{V1}sources/<uuid:pk>/preview", (_write(body=_const({})),), {"pk": "source"}),
    # a kind without an account
    Route(f"{V1}sources/<uuid:pk>/oauth/start", (Call("POST", _const({}), ok=409, least="member"),), {"pk": "source"}),
    Route(f"{V1}sources/<uuid:pk>/sync", (_write(ok=202),), {"pk": "source"}),
    Route(f"{V1}sources/<uuid:pk>/replay", (_write(body=_const({}), ok=202),), {"pk": "source"}),
    Route(
        f"{V1}sources/<uuid:pk>/backfill", (_write(body=_const({"date_from": "2026-03-01"}), ok=409),), {"pk": "source"}
    ),
    Route(f"{V1}sources/<uuid:pk>/pause", (_write(),), {"pk": "source"}),
    Route(f"{V1}sources/<uuid:pk>/resume", (_write(),), {"pk": "paused"}),
    Route(f"{V1}sources/<uuid:pk>/quarantine", (_read(),), {"pk": "source"}),
    Route(f"{V1}jobs", (_read("page_size=100"), _read("source={broken}&page_size=50"))),
    Route(f"{V1}jobs/<uuid:pk>", (_read(),), {"pk": "job"}),
    Route(f"{V1}jobs/<uuid:pk>/cancel", (_write(ok=202),), {"pk": "job"}),
    Route(f"{V1}jobs/<uuid:pk>/retry", (_write(ok=202),), {"pk": "failed"}),
    Route(f"{V1}uploads", (_read(), _write(body=_file, ok=201, kind="multipart/form-data"))),
    Route(f"{V1}uploads/<uuid:pk>", (_read(), _write("DELETE", ok=204)), {"pk": "file"}),
    Route(f"{V1}uploads/<uuid:pk>/preview", (_write(body=lambda ids: {"plan": ids["plan"]}),), {"pk": "file"}),
    Route(f"{V1}uploads/<uuid:pk>/import", (_write(body=_const({}), ok=202),), {"pk": "file"}),
    Route(
        f"{V1}ingest/metrics",
        (
            _write(body=_const([{"metric": "a", "value": 1, "date": "2026-03-01"}]), scope="ingest.write", ok=202),
            _write(body=_const([]), scope="ingest.write", ok=202, query="source={push_slug}"),
        ),
    ),
    Route(
        f"{V1}ingest/documents",
        (
            _write(
                body=_const([{"id": "1", "text": "t", "created_at": "2026-03-01T00:00:00Z"}]),
                scope="ingest.write",
                ok=202,
                query="source={push_slug}",
            ),
        ),
    ),
    Route(f"{V1}projects", (_read(), _write(body=_const({"name": "New", "urls": ["oops"]}), ok=201))),
    Route(f"{V1}projects/scrape/running", (_read(),)),
    Route(
        f"{V1}projects/<uuid:pk>",
        (
            _read(),
            *(_write(verb, _const({"name": "Better"})) for verb in ("PATCH", "PUT")),
            _write("DELETE", ok=204, query="permanent=true"),
        ),
        {"pk": "project"},
    ),
    Route(f"{V1}projects/<uuid:pk>/stats", (_read(),), {"pk": "project"}),
    Route(
        f"{V1}projects/<uuid:pk>/targets",
        (_read(), _write(body=_const({"url": "https://store.steampowered.com/app/7"}), ok=201)),
        {"pk": "project"},
    ),
    Route(f"{V1}projects/<uuid:pk>/targets/bulk", (_write(body=_const({"urls": ["oops"]})),), {"pk": "project"}),
    Route(
        f"{V1}projects/<uuid:pk>/targets/<uuid:target>",
        (_read(), *(_write(verb, _const({"label": "x"})) for verb in ("PATCH", "PUT")), _write("DELETE", ok=204)),
        {"pk": "project", "target": "target"},
    ),
    Route(f"{V1}projects/<uuid:pk>/scrape", (_write(body=_const({}), ok=202),), {"pk": "project"}),
    Route(f"{V1}projects/<uuid:pk>/scrape/jobs", (_read(),), {"pk": "project"}),
    *(
        Route(f"{V1}projects/<uuid:pk>/scrape/jobs/<uuid:scrape>{more}", (call,), {"pk": "project", "scrape": "scrape"})
        for more, call in (("", _read()), ("/progress", _read()), ("/cancel", _write()))
    ),
    Route(f"{V1}settings/presets", (_read(), _write(body=_const({"name": "New"}), ok=201))),
    Route(
        f"{V1}settings/presets/<slug:key>",
        (_read(), *(_write(verb, _const({"name": "Better"})) for verb in ("PATCH", "PUT")), _write("DELETE", ok=204)),
        {"key": "preset"},
    ),
    Route(f"{V1}settings/presets/<slug:key>/duplicate", (_write(ok=201),), {"key": "preset"}),
    Route(
        f"{V1}settings/api-keys",
        (_read(), _write(body=_const({"provider": "youtube", "values": {"api_key": "a-long-key"}}), ok=201)),
    ),
    Route(
        f"{V1}settings/api-keys/<uuid:pk>",
        (_read(), _write("PUT", _const({"values": {"api_key": "another-key"}})), _write("DELETE", ok=204)),
        {"pk": "api_key"},
    ),
    Route(f"{V1}settings/api-keys/<uuid:pk>/test", (_write(body=_const({"url": "oops"}), ok=422),), {"pk": "api_key"}),
    Route(
        f"{V1}schedules",
        (_read(), _write(body=lambda ids: {"source": str(ids["bare"]), "expression": "0 6 * * *"}, ok=201)),
    ),
    Route(
        f"{V1}schedules/project/<uuid:pk>",
        (_read(), _write("PUT", _const({"expression": "0 7 * * *"})), _write("DELETE", ok=204)),
        {"pk": "source"},
    ),
    Route(f"{V1}schedules/project/<uuid:pk>/toggle", (_write(),), {"pk": "source"}),
    Route(f"{V1}schedules/project/<uuid:pk>/run-now", (_write(ok=202),), {"pk": "source"}),
    Route(f"{V1}schedules/project/<uuid:pk>/history", (_read(),), {"pk": "source"}),
)


def _numbers(query: str = "", **more: Any) -> Call:
    return _read(query, "metrics.read", **more)


def _define(method: str, body: Body | None = None, **more: Any) -> Call:
    return _write(method, body, "metrics.write", **more)


METRICS = (
    Route(
        f"{V1}metrics/query",
        (
            _write("POST", _question, "metrics.read", least="viewer"),
            _write("POST", _split, "metrics.read", least="viewer"),
        ),
    ),
    Route(f"{V1}metrics/timeline", (_numbers(f"metrics={{metric}},sessions&{_RANGE}"), _numbers())),
    Route(f"{V1}metrics/catalog", (_numbers("page_size=100"), _define("POST", _metric, ok=201))),
    Route(
        f"{V1}metrics/catalog/<str:key>",
        (
            _numbers(),
            _define("PUT", lambda ids: {"key": ids["spare_metric"], "label": "Changed"}),
            _define("PATCH", _const({"label": "Changed"})),
            _define("DELETE", ok=204),
        ),
        {"key": "spare_metric"},
    ),
    Route(
        f"{V1}metrics/export",
        (
            _numbers(f"metrics={{metric}}&{_RANGE}"),
            _numbers(f"metrics=sessions&{_RANGE}&dimensions=country&format=json"),
            _write("POST", _split, "metrics.read", least="viewer"),
        ),
    ),
    Route(f"{V1}metrics/restatements", (_numbers(), _numbers("source={source}"), _numbers("metric={metric}"))),
    Route(f"{V1}dashboard/tiles", (_numbers(f"metrics={{metric}},sessions&{_RANGE}"), _numbers())),
    Route("v1/dashboard/tiles", (_numbers(f"metrics={{metric}}&{_RANGE}"),)),
    Route(f"{V1}observations", (_numbers(), _numbers("source={source}"), _numbers("metrics={metric}"))),
    Route(f"{V1}observations/export", (_numbers(), _numbers("source={source}"))),
    Route(f"{V1}annotations", (_numbers(), _define("POST", _note, ok=201))),
    Route(
        f"{V1}annotations/<uuid:pk>",
        (_numbers(), _define("PUT", _note), _define("PATCH", _const({"title": "Other"})), _define("DELETE", ok=204)),
        {"pk": "note"},
    ),
)
API = (*AUTH, *TEAMS, *SOURCES, *METRICS)
