"""How each page and each address of the house itself is called."""

from __future__ import annotations

from typing import Any

from sources.projects.rules import usual
from tests.cast import PASSWORD
from tests.security.routes import Body, Call, Route, get, post

FORM = "application/x-www-form-urlencoded"


def _form(body: Body | None = None, *, ok: int = 302, least: str = "member", **more: Any) -> Call:
    return Call("POST", body or (lambda ids: {}), ok=ok, least=least, kind=FORM, **more)


def _const(value: Any) -> Body:
    return lambda ids: value


def _free(**more: Any) -> Call:
    return get(least="", **more)


_TEAM = {"name": "Changed", "time_zone": "UTC", "week_start": "0", "currency": "EUR"}
_NEW = "another correct horse 7"


def _preset(ids: dict[str, Any]) -> Any:
    """A preset as its form sends it."""
    config = {name: value for section in usual().values() for name, value in section.items() if value is not False}
    return {"name": "Kept", **config}


ENTRANCE = (
    Route("accounts/login/", (_free(ok=302), _form(least="", ok=302))),
    Route("accounts/logout/", (_free(), _form(least=""))),
    Route("accounts/signup/", (_free(ok=302), _form(least="", ok=302))),
    Route("accounts/inactive/", (_free(),)),
    Route("accounts/password/reset/", (_free(), _form(_const({"email": "nobody@nowhere.example"}), least=""))),
    Route("accounts/password/reset/done/", (_free(),)),
    Route("accounts/password/reset/key/done/", (_free(),)),
    Route(
        "^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        (_free(), _form(least="", ok=200)),
        {"uidb36": "uidb36", "key": "key"},
    ),
    Route("demo/", (_form(least="", ok=404),)),
)
SETTINGS = (
    Route("settings/team/", (get(), _form(_const(_TEAM), least="admin"))),
    Route(
        "settings/team/members/",
        (_form(_const({"email": "free@nowhere.example", "role": "viewer"}), least="admin"),),
    ),
    Route(
        "settings/team/members/<uuid:user_id>/role/",
        (_form(_const({"role": "viewer"}), least="admin"),),
        {"user_id": "member"},
    ),
    Route("settings/team/members/<uuid:user_id>/remove/", (_form(least="admin"),), {"user_id": "member"}),
    Route(
        "settings/tokens/",
        (get(least="admin"), _form(_const({"name": "n", "scopes": ["metrics.read"]}), ok=200, least="admin")),
    ),
    Route("settings/tokens/<uuid:pk>/rotate/", (_form(ok=200, least="admin"),), {"pk": "token"}),
    Route("settings/tokens/<uuid:pk>/revoke/", (_form(least="admin"),), {"pk": "token"}),
    Route("settings/keys/", (get(least="member"),)),
    Route(
        "settings/keys/add/<slug:provider>/",
        (get(least="member"), _form(_const({"api_key": "a-long-key"}))),
        {"provider": "provider"},
    ),
    Route(
        "settings/keys/<uuid:pk>/",
        (get(least="member"), _form(_const({"api_key": "another-key"}))),
        {"pk": "api_key"},
    ),
    Route("settings/keys/<uuid:pk>/test/", (_form(_const({"url": "oops"})),), {"pk": "api_key"}),
    Route("settings/keys/<uuid:pk>/remove/", (_form(),), {"pk": "api_key"}),
    Route("settings/presets/", (get(),)),
    Route("settings/presets/add/", (get(least="member"), _form(_preset))),
    Route("settings/presets/<str:preset>/", (get(), _form(_preset)), {"preset": "preset"}),
    Route("settings/presets/<str:preset>/duplicate/", (_form(),), {"preset": "preset"}),
    Route("settings/presets/<str:preset>/delete/", (_form(),), {"preset": "preset"}),
    Route("settings/audit/", (get(least="admin"),)),
    Route("settings/profile/", (get(), _form(_const({"name": "Me"}), least="viewer"))),
    Route(
        "settings/profile/password/",
        (_form(_const({"current_password": PASSWORD, "new_password": _NEW}), least="viewer"),),
    ),
    Route("settings/profile/sign-out-everywhere/", (_form(least="viewer"),)),
    Route("settings/profile/sign-ins/<uuid:pk>/end/", (_form(least="viewer"),), {"pk": "session"}),
    Route("settings/profile/delete/", (_form(_const({"password": PASSWORD}), ok=422, least="viewer"),)),
    Route("settings/theme/", (_form(_const({"theme": "dark"}), least=""),)),
    Route("teams/new/", (get(), _form(_const({"name": "New", "time_zone": "UTC"}), least="viewer"))),
    Route("teams/<slug:slug>/switch/", (get(ok=302), _form(least="viewer")), {"slug": "slug"}),
)
_source = {"pk": "source"}
SOURCES = (
    Route("sources/", (get(),)),
    Route("sources/add/", (get(least="member"),)),
    Route("sources/jobs/", (get(), get("show=failed"))),
    Route(
        "sources/add/<slug:kind>/",
        (get(least="member"), _form(_const({"source_name": "New", "number": "3", "place": "here"}))),
        {"kind": "kind"},
    ),
    # nobody was sent away, so nobody comes back
    Route("sources/oauth/callback/", (get("state=x&code=y", least="member", ok=400), _form(ok=400))),
    Route("sources/uploads/<uuid:pk>/", (get(least="member"), _form(ok=200)), {"pk": "file"}),
    Route("sources/uploads/<uuid:pk>/delete/", (_form(),), {"pk": "file"}),
    Route("sources/jobs/<uuid:pk>/part/", (get(),), {"pk": "job"}),
    Route("sources/jobs/<uuid:pk>/cancel/", (_form(),), {"pk": "job"}),
    Route("sources/jobs/<uuid:pk>/retry/", (_form(),), {"pk": "failed"}),
    Route("sources/<uuid:pk>/", (get(),), _source),
    Route("sources/<uuid:pk>/account/", (_form(),), _source),
    Route("sources/<uuid:pk>/sync/", (_form(),), _source),
    Route("sources/<uuid:pk>/pause/", (_form(),), _source),
    Route("sources/<uuid:pk>/resume/", (_form(),), {"pk": "paused"}),
    Route("sources/<uuid:pk>/replay/", (_form(),), _source),
    Route("sources/<uuid:pk>/backfill/", (_form(_const({"first": "2026-03-01"})),), _source),
    Route("sources/<uuid:pk>/disconnect/", (get(least="member"), _form()), _source),
    Route(
        "sources/<uuid:pk>/settings/",
        (get(least="member"), _form(_const({"source_name": "Other", "number": "3", "place": "here"}))),
        _source,
    ),
    Route(
        "sources/<uuid:pk>/schedule/",
        (get(least="member"), _form(_const({"mode": "cron", "catch_up": "once", "expression": "0 7 * * *"}))),
        _source,
    ),
    Route("sources/<uuid:pk>/quarantine/", (get(),), _source),
    Route("sources/<uuid:pk>/received/", (get(),), {"pk": "push"}),
)
_RANGE = "range=2026-03-01,2026-03-07"
NUMBERS = (
    Route("", (get(), get(f"{_RANGE}&f=source:is:{{source}}"))),
    Route("metrics/", (get(),)),
    Route("metrics/<str:key>/", (get(_RANGE),), {"key": "metric"}),
    Route("notes/", (_form(_const({"day": "2026-03-05", "title": "Changed"})),)),
    Route("notes/<uuid:pk>/delete/", (_form(),), {"pk": "note"}),
    Route("projects/", (get(), get("status=archived"))),
    Route("projects/new/", (get(least="member"), _form(_const({"name": "New", "competitors": ""})))),
    Route("projects/<uuid:pk>/", (get(),), {"pk": "project"}),
    Route("projects/<uuid:pk>/targets/", (_form(_const({"urls": "oops"})),), {"pk": "project"}),
    Route(
        "projects/<uuid:pk>/targets/<uuid:target>/",
        (_form(_const({"deed": "paused"})),),
        {"pk": "project", "target": "target"},
    ),
    Route("projects/<uuid:pk>/scrape/", (_form(),), {"pk": "project"}),
    Route("projects/<uuid:pk>/scrapes/<uuid:scrape>/part/", (get(),), {"pk": "project", "scrape": "scrape"}),
    Route("projects/<uuid:pk>/scrapes/<uuid:scrape>/cancel/", (_form(),), {"pk": "project", "scrape": "scrape"}),
    Route("projects/<uuid:pk>/status/", (_form(_const({"status": "paused"})),), {"pk": "project"}),
    Route(
        "projects/<uuid:pk>/settings/",
        (
            get(least="member"),
            _form(
                _const(
                    {
                        "name": "Better",
                        "frequency": "manual",
                        "max_reviews_per_target": "50",
                        "max_requests_per_day": "100",
                        "rate_limit_delay": "1",
                    }
                )
            ),
        ),
        {"pk": "project"},
    ),
    Route("projects/<uuid:pk>/delete/", (get(least="member"), _form()), {"pk": "project"}),
    Route("style/", (get(ok=403),)),
)
HOUSE = (
    Route("v1/health/liveness", (_free(),)),
    Route("v1/health/readiness", (_free(),)),
    Route("v1/dev/seed-user", (post(ok=404, least=""),)),
    Route("health", (_free(),)),
    Route("health/live", (_free(),)),
    Route("health/liveness", (_free(),)),
    Route("health/ready", (_free(),)),
    Route("health/readiness", (_free(),)),
    Route("health/details", (get(ok=403),)),
    Route("openapi.json", (_free(),)),
    Route("docs", (_free(),)),
    Route("redoc", (_free(),)),
)
PAGES = (*ENTRANCE, *SETTINGS, *SOURCES, *NUMBERS, *HOUSE)

#: models of the admin: list, add, history, delete and change of each are the framework's own
ADMIN_MODELS = {
    *("account_emailaddress", "accounts_user", "accounts_team", "accounts_membership", "accounts_apitoken"),
    *("accounts_refreshfamily", "accounts_auditevent", "accounts_outboxevent", "accounts_idempotencykey"),
    *("sources_source", "sources_job", "sources_rawrecord", "sources_quarantined", "sources_uploadedfile"),
    *("sources_savedmapping", "sources_schedule", "sources_credential", "sources_pendingsignin"),
    *("sources_project", "sources_target", "sources_scrape", "sources_preset", "sources_apikey"),
    *("metrics_series", "metrics_cut", "metrics_restatement", "metrics_document"),
    *("metrics_custommetric", "metrics_annotation"),
}
ADMIN_ADDRESSES = {
    *("admin/", "admin/search/", "admin/login/", "admin/logout/", "admin/password_change/"),
    *("admin/password_change/done/", "admin/autocomplete/", "admin/jsi18n/"),
    *("admin/r/<path:content_type_id>/<path:object_id>/", "admin/(?P<url>.*)$"),
    "admin/^(?P<app_label>account|accounts|sources|metrics)/$",
}
