"""Sources and runs through the API: who may do what, and what is never told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import gate
from accounts.models import Team
from livinglytics.lib import clock
from livinglytics.lib.errors import BadCredentials, NotFound
from sources.actions.disconnect import disconnect
from sources.connectors._base import Checked
from sources.models import Credential, Job, JobKind, JobStatus, Quarantined, RawRecord, Schedule, Source, UploadedFile
from sources.selectors.health import ago, source_health, sources_of
from tests.cast import api_client_for, bearer, make_member, make_team, make_token
from tests.sources.scripted import Crash, Memory, Script, make_job, make_source, run, scripted, simple_pages

pytestmark = pytest.mark.django_db
API = "/api/v1"
SECRET = "sesame-sesame-3f9a"


@pytest.fixture(autouse=True)
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


@pytest.fixture
def home() -> Team:
    return make_team(time_zone="Europe/Berlin")


@pytest.fixture
def client(home: Team) -> APIClient:
    return api_client_for(make_member(home), home)


def post(client: APIClient, path: str, body: Any = None, **headers: Any) -> Any:
    return client.post(f"{API}{path}", body, format="json", **headers)


def test_the_catalogue_lists_every_kind_with_the_schema_of_its_settings(client: APIClient) -> None:
    told = client.get(f"{API}/connectors?page_size=100").json()
    kinds = {one["key"]: one for one in told["items"]}
    assert {"steam", "upload", "push", "scripted"} <= set(kinds)
    schema = kinds["scripted"]["config"]
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"]["token"]["writeOnly"] is True
    assert client.get(f"{API}/connectors/steam").json()["label"] == kinds["steam"]["label"]
    assert client.get(f"{API}/connectors/nothing").status_code == 404


def test_settings_can_be_tried_before_anything_is_saved(client: APIClient, script: Script) -> None:
    script.check = lambda config: Checked(False, "Unknown token.", field="token")
    answer = post(client, "/connectors/scripted/check", {"config": {"token": SECRET}})
    assert answer.json() == {"ok": False, "message": "Unknown token.", "field": "token", "identity": ""}
    assert not Source.objects.exists()


def test_a_source_is_connected_seen_changed_and_removed(client: APIClient, home: Team) -> None:
    answer = post(client, "/sources", {"kind": "scripted", "name": "Mine", "config": {"token": SECRET, "number": 4}})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    source, job = told["source"], told["job"]
    assert (source["name"], source["slug"], source["config"]) == ("Mine", "mine", {"number": 4})
    assert source["secrets"]["token"].endswith("…3f9a")
    assert SECRET not in answer.content.decode()
    assert run(Job.objects.get(pk=job["id"])) == JobStatus.SUCCEEDED
    where = f"/sources/{source['id']}"
    seen = client.get(f"{API}{where}").json()
    assert (seen["status"], seen["freshness"], seen["error"]) == ("ok", "Synced just now", None)
    answer = client.patch(f"{API}{where}", {"name": "Yours"}, format="json")
    assert answer.json()["name"] == "Yours"
    answer = client.delete(f"{API}{where}")
    assert answer.status_code == 202
    assert answer.json()["kind"] == "remove"
    assert run_remove(answer.json()["id"]) == JobStatus.SUCCEEDED
    assert client.get(f"{API}{where}").status_code == 404


def run_remove(pk: str, sink: Memory | None = None) -> JobStatus | None:
    from sources.actions.run import run_job

    return run_job(Job.objects.get(pk=pk).pk, sink=sink or Memory(), worker="w")


def test_secrets_are_in_no_answer_of_any_address(client: APIClient, script: Script) -> None:
    told = post(client, "/sources", {"kind": "scripted", "config": {"token": SECRET}}).json()
    script.faults["days", 0] = [NotFound(f"Nothing at ?key={SECRET}")]
    run(Job.objects.get(pk=told["job"]["id"]))
    pk = told["source"]["id"]
    paths = ["/sources", f"/sources/{pk}", "/jobs", f"/jobs/{told['job']['id']}", f"/sources/{pk}/quarantine"]
    for path in paths:
        answer = client.get(f"{API}{path}")
        assert answer.status_code == 200
        assert "sesame" not in answer.content.decode(), path


def test_two_clicks_make_one_run_and_a_key_repeats_the_answer(client: APIClient, home: Team) -> None:
    source = make_source(home)
    first = post(client, f"/sources/{source.pk}/sync", HTTP_IDEMPOTENCY_KEY="a")
    second = post(client, f"/sources/{source.pk}/sync")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    run(Job.objects.get(pk=first.json()["id"]))
    third = post(client, f"/sources/{source.pk}/sync", HTTP_IDEMPOTENCY_KEY="a")
    assert third.json()["id"] == first.json()["id"]
    assert Job.objects.count() == 1


def test_a_viewer_looks_but_changes_nothing(home: Team) -> None:
    source = make_source(home, token=SECRET)
    job = make_job(source)
    viewer = api_client_for(make_member(home, "viewer"), home)
    for path in (
        "/sources",
        f"/sources/{source.pk}",
        "/jobs",
        f"/jobs/{job.pk}",
        "/connectors",
        "/schedules",
        "/uploads",
    ):
        assert viewer.get(f"{API}{path}").status_code == 200, path
    writes = ["sync", "replay", "pause", "resume", "check", "discover", "preview"]
    for path in [
        "/sources",
        "/connectors/scripted/check",
        "/uploads",
        *(f"/sources/{source.pk}/{verb}" for verb in writes),
        *(f"/jobs/{job.pk}/{verb}" for verb in ("cancel", "retry")),
        *(f"/schedules/project/{source.pk}/{verb}" for verb in ("toggle", "run-now")),
    ]:
        assert post(viewer, path).status_code == 403, path
    assert viewer.delete(f"{API}/sources/{source.pk}").status_code == 403
    assert viewer.patch(f"{API}/sources/{source.pk}", {"name": "x"}, format="json").status_code == 403
    assert post(viewer, "/ingest/metrics", []).status_code == 403


def test_what_belongs_to_another_team_is_not_there(client: APIClient) -> None:
    other = make_source(make_team())
    job = make_job(other)
    Schedule.objects.create(team=other.team, source=other, expression="0 6 * * *")
    file = UploadedFile.objects.create(team=other.team, name="a.csv", path="nowhere", size=1, sha256="0")
    reads = [
        *(f"/sources/{other.pk}{end}" for end in ("", "/quarantine")),
        f"/jobs/{job.pk}",
        f"/uploads/{file.pk}",
        *(f"/schedules/project/{other.pk}{end}" for end in ("", "/history")),
    ]
    for path in reads:
        assert client.get(f"{API}{path}").status_code == 404, path
    verbs = ["sync", "replay", "pause", "resume", "check", "discover", "preview"]
    writes = [
        *(f"/sources/{other.pk}/{verb}" for verb in verbs),
        *(f"/jobs/{job.pk}/{verb}" for verb in ("cancel", "retry")),
        *(f"/uploads/{file.pk}/{verb}" for verb in ("import",)),
        *(f"/schedules/project/{other.pk}/{verb}" for verb in ("toggle", "run-now")),
    ]
    for path in writes:
        assert post(client, path, {}).status_code == 404, path
    assert client.delete(f"{API}/sources/{other.pk}").status_code == 404
    assert client.delete(f"{API}/uploads/{file.pk}").status_code == 404
    for path in ("/sources", "/jobs", "/uploads", "/schedules"):
        assert client.get(f"{API}{path}").json()["items"] == [], path


def test_a_token_reaches_only_what_its_scopes_say(home: Team) -> None:
    source = make_source(home)
    reader = bearer(make_token(home, "sources.read").secret)
    assert reader.get(f"{API}/sources").status_code == 200
    assert post(reader, f"/sources/{source.pk}/sync").status_code == 403
    writer = bearer(make_token(home, "sources.write").secret)
    assert post(writer, f"/sources/{source.pk}/sync").status_code == 202
    assert writer.get(f"{API}/sources").status_code == 403


def test_unknown_fields_and_wrong_settings_are_refused_by_name(client: APIClient) -> None:
    answer = post(client, "/sources", {"kind": "scripted", "team": "other"})
    assert answer.status_code == 422
    assert "team" in answer.json()["error"]["details"]
    answer = post(client, "/sources", {"kind": "scripted", "config": {"number": 99}})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"] == {"number": ["Enter a number from 1 to 9."]}
    assert post(client, "/sources", {"kind": "nothing"}).status_code == 404


def test_a_preview_shows_rows_and_stores_none(client: APIClient, home: Team, script: Script) -> None:
    script.pages["days"][0][1]["value"] = "much"
    source = make_source(home)
    told = post(client, f"/sources/{source.pk}/preview", {}).json()
    assert [one["metric"] for one in told["records"]] == ["visits", "visits"]
    assert told["rejected"][0]["external_id"] == "r0-1"
    assert not RawRecord.objects.exists()
    assert not Quarantined.objects.exists()
    found = post(client, f"/sources/{source.pk}/discover").json()
    assert [one["key"] for one in found["streams"]] == ["days"]
    assert post(client, f"/sources/{source.pk}/check").json()["ok"] is True


def test_runs_are_listed_filtered_and_followed_by_a_cursor(client: APIClient, home: Team) -> None:
    source, other = make_source(home, name="A"), make_source(home, name="B")
    for _ in range(5):
        run(make_job(source))
    make_job(other)
    told = client.get(f"{API}/jobs?page_size=4").json()
    assert [len(told["items"]), told["items"][0]["status"]] == [4, "queued"]
    rest = client.get(f"{API}/jobs", {"page_size": 4, "cursor": told["next_cursor"]}).json()
    assert len(rest["items"]) == 2
    assert rest["next_cursor"] is None
    assert len(client.get(f"{API}/jobs?status=succeeded").json()["items"]) == 5
    assert len(client.get(f"{API}/jobs?source={other.pk}").json()["items"]) == 1
    assert client.get(f"{API}/jobs?status=odd").status_code == 422
    assert client.get(f"{API}/jobs?source=odd").status_code == 422


def test_a_failed_run_says_what_to_do_and_can_be_started_again(client: APIClient, home: Team, script: Script) -> None:
    source = make_source(home)
    script.faults["days", 1] = [BadCredentials()]
    job = make_job(source)
    run(job)
    told = client.get(f"{API}/jobs/{job.pk}").json()
    assert told["error"]["code"] == "source.bad_credentials"
    assert "new credentials" in told["error"]["to_do"]
    assert client.get(f"{API}/sources/{source.pk}").json()["status"] == "attention"
    answer = post(client, f"/jobs/{job.pk}/retry")
    assert answer.status_code == 202
    assert run(Job.objects.get(pk=answer.json()["id"])) == JobStatus.SUCCEEDED
    assert client.get(f"{API}/sources/{source.pk}").json()["status"] == "ok"
    assert post(client, f"/jobs/{job.pk}/cancel").status_code == 409
    assert post(client, f"/jobs/{answer.json()['id']}/retry").status_code == 409


def test_a_source_rests_and_works_again(client: APIClient, home: Team) -> None:
    source = make_source(home)
    job = make_job(source)
    assert post(client, f"/sources/{source.pk}/pause").json()["status"] == "paused"
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert post(client, f"/sources/{source.pk}/pause").status_code == 409
    assert post(client, f"/sources/{source.pk}/sync").status_code == 409
    assert post(client, f"/sources/{source.pk}/resume").json()["status"] == "new"


def test_a_replay_makes_the_numbers_again_without_the_service(client: APIClient, home: Team, script: Script) -> None:
    source, sink = make_source(home), Memory()
    run(make_job(source), sink)
    before, reads = dict(sink.cells), sum(script.reads.values())
    sink.cells.clear()
    answer = post(client, f"/sources/{source.pk}/replay", {})
    job = Job.objects.get(pk=answer.json()["id"])
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert sink.cells == before
    assert sum(script.reads.values()) == reads
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    job = Job.objects.get(pk=post(client, f"/sources/{source.pk}/replay", {"since": tomorrow}).json()["id"])
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert job.done == 0


def test_bad_rows_are_listed_with_their_reason(client: APIClient, home: Team, script: Script) -> None:
    source = make_source(home)
    script.pages["days"][0][0]["value"] = "much"
    run(make_job(source))
    told = client.get(f"{API}/sources/{source.pk}/quarantine").json()["items"]
    assert [(one["external_id"], one["payload"]["value"]) for one in told] == [("r0-0", "much")]
    assert client.get(f"{API}/sources/{source.pk}").json()["bad_rows"] == 1


def test_the_schedule_of_a_source_is_set_switched_run_and_removed(client: APIClient, home: Team) -> None:
    source = make_source(home)
    where = f"{API}/schedules/project/{source.pk}"
    assert client.get(where).status_code == 404
    answer = client.put(where, {"expression": "30 2 * * *"}, format="json")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["words"], told["time_zone"], told["enabled"]) == ("At 02:30 every day", "Europe/Berlin", True)
    assert client.put(where, {"expression": "whenever"}, format="json").status_code == 422
    assert client.post(f"{where}/toggle").json()["enabled"] is False
    assert client.post(f"{where}/toggle").json()["next_due_at"] is not None
    started = client.post(f"{where}/run-now")
    assert started.status_code == 202
    assert Job.objects.get(pk=started.json()["job_id"]).trigger == "schedule"
    assert client.get(f"{where}/history").json()["items"] == []
    assert client.get(f"{API}/schedules").json()["total"] == 1
    assert client.delete(where).status_code == 204
    assert client.get(where).status_code == 404
    answer = post(client, "/schedules", {"source": str(source.pk), "expression": "0 6 * * 1"})
    assert answer.status_code == 201


def test_removal_fences_out_a_run_and_takes_everything_along(home: Team, script: Script) -> None:
    source, sink = make_source(home, token=SECRET), Memory()
    other = make_source(home, name="Other")
    run(make_job(other), sink)
    job = make_job(source)
    script.faults["days", 2] = [lambda ctx: disconnect(source=source, by=None)]
    assert run(job, sink) is None
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert not Credential.objects.filter(source=source).exists()
    removal = Job.objects.get(source=source, kind=JobKind.REMOVE)
    assert disconnect(source=source, by=None).pk == removal.pk
    assert run_remove(str(removal.pk), sink) == JobStatus.SUCCEEDED
    assert not Source.objects.filter(pk=source.pk).exists()
    assert not RawRecord.objects.filter(source_id=source.pk).exists()
    assert not any(key[0] == source.pk for key in sink.cells)
    assert RawRecord.objects.filter(source_id=other.pk).count() == 12


def test_a_killed_removal_goes_on(home: Team) -> None:
    source, sink = make_source(home), Memory()
    run(make_job(source), sink)
    removal = disconnect(source=source, by=None)
    sink.forget = lambda *_: (_ for _ in ()).throw(Crash())  # type: ignore[method-assign]
    with pytest.raises(Crash):
        run_remove(str(removal.pk), sink)
    Job.objects.filter(pk=removal.pk).update(status=JobStatus.QUEUED)
    assert run_remove(str(removal.pk)) == JobStatus.SUCCEEDED


def test_twenty_sources_cost_as_many_queries_as_two(home: Team, django_assert_num_queries: Any) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            source = make_source(home, name=f"S{number}", token=SECRET)
            make_job(source)

    fill(2)
    with django_assert_num_queries(3):
        assert len(sources_of(home)) == 2
    fill(18)
    with django_assert_num_queries(3):
        assert len(sources_of(home)) == 20


def test_a_list_of_runs_costs_a_fixed_number_of_queries(
    client: APIClient, home: Team, django_assert_max_num_queries: Any
) -> None:
    for number in range(15):
        make_job(make_source(home, name=f"S{number}"))
    client.get(f"{API}/jobs")
    with django_assert_max_num_queries(6):
        assert len(client.get(f"{API}/jobs").json()["items"]) == 15


def test_the_age_of_data_is_told_in_words() -> None:
    now = clock.now()
    told = [ago(now - timedelta(seconds=s), now) for s in (5, 180, 7200, 86_400, 400_000)]
    assert told == ["just now", "3 min ago", "2h 00m ago", "1 day ago", "4 days ago"]
    assert ago(None, now) == "never"


def test_a_running_source_says_how_far_it_is(home: Team, script: Script) -> None:
    source = make_source(home)
    script.pages["days"] = simple_pages(4)
    seen: list[str] = []
    script.faults["days", 2] = [lambda ctx: seen.append(source_health(home, source.pk).freshness)]
    run(make_job(source))
    assert seen == ["Syncing now, 50 %"]


def test_a_socket_may_only_hear_the_runs_of_its_own_team(home: Team) -> None:
    mine, other = make_source(home), make_source(make_team())
    owns = gate._owners["jobs"]
    assert owns(home.pk, str(mine.pk))
    assert not owns(home.pk, str(other.pk))
    assert not owns(home.pk, "nothing")


def test_the_schema_of_the_api_knows_all_addresses(client: APIClient) -> None:
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    paths = json.loads(answer.content)["paths"]
    for path in (
        "/api/v1/sources",
        "/api/v1/jobs/{id}/cancel",
        "/api/v1/uploads/{id}/import",
        "/api/v1/ingest/metrics",
    ):
        assert any(one.replace("{pk}", "{id}") == path for one in paths), path


def test_an_empty_filter_of_runs_is_refused_and_not_taken_for_none(client: APIClient) -> None:
    answer = client.get(f"{API}/jobs?status=")
    assert answer.status_code == 422
    assert "status" in answer.json()["error"]["details"]
