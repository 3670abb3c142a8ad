"""Files: stored as they came, imported under a confirmed plan, all or nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from livinglytics.lib.errors import Conflict, Invalid, TooLarge
from sources.actions.replay import replay
from sources.actions.upload import delete_file, look, start_import, store_file
from sources.models import Job, JobStatus, Quarantined, RawRecord, SavedMapping, Source, UploadedFile
from tests.cast import api_client_for, make_member, make_team
from tests.sources.scripted import Crash, Memory, run

pytestmark = pytest.mark.django_db
GOOD = "day,orders,country\n" + "".join(f"2026-03-{n + 1:02},{n * 10},{'de' if n % 2 else 'fr'}\n" for n in range(20))
BAD = GOOD + "2026-03-21,many,de\n2026-03-22,5,fr\n"


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(team: Any, text: str = GOOD, name: str = "orders.csv") -> UploadedFile:
    return store_file(team=team, by=None, name=name, chunks=[text.encode()])


def plan_of(file: UploadedFile) -> dict[str, Any]:
    plan = look(file).plan
    assert plan is not None
    return dict(json.loads(plan.to_json()))


def values(sink: Memory) -> list[float]:
    return sorted(one.value for landing in sink.landings for one in landing.records)


def test_a_file_is_stored_with_size_and_hash_under_a_name_of_ours(files: Path) -> None:
    file = stored(make_team(), name="../../etc/passwd.csv")
    assert file.name == "passwd.csv"
    place = files / file.path
    assert place.read_text() == GOOD
    assert place.resolve().is_relative_to(files.resolve())
    assert file.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert file.size == len(GOOD)


def test_a_file_that_is_too_large_leaves_nothing_behind(files: Path, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    with pytest.raises(TooLarge):
        store_file(team=make_team(), by=None, name="a.csv", chunks=[b"x" * 60, b"x" * 60])
    assert [one for one in files.rglob("*") if one.is_file()] == []
    assert not UploadedFile.objects.exists()


def test_a_look_proposes_a_plan_and_shows_the_first_ten_rows() -> None:
    looked = look(stored(make_team()))
    assert looked.plan is not None
    assert (looked.plan.date.column, [one.key for one in looked.plan.metrics]) == ("day", ["orders"])
    assert [one.key for one in looked.plan.dimensions] == ["country"]
    assert len(looked.preview) == 10
    assert looked.remembered is False


def test_an_import_makes_a_source_and_its_numbers() -> None:
    team, sink = make_team(), Memory()
    file = stored(team)
    job = start_import(file=file, by=None, plan=plan_of(file), name="Shop")
    assert run(job, sink) == JobStatus.SUCCEEDED, job.error_message
    assert values(sink) == [float(n * 10) for n in range(20)]
    source = Source.objects.get(team=team)
    assert (source.name, source.kind, source.slug) == ("Shop", "upload", "shop")
    assert [one.key for one in sink.landings[0].metrics] == ["orders"]


def test_one_bad_row_stops_the_import_and_nothing_is_stored() -> None:
    sink = Memory()
    file = stored(make_team(), BAD)
    plan = plan_of(stored(file.team))
    job = start_import(file=file, by=None, plan=plan, name="Shop")
    assert run(job, sink) == JobStatus.FAILED
    assert "1 of 22 rows" in job.error_message
    assert "row 22" in job.error_message
    assert sink.landings == []
    assert not RawRecord.objects.exists()


def test_with_partial_the_good_rows_are_stored_and_the_bad_ones_listed() -> None:
    sink = Memory()
    file = stored(make_team(), BAD)
    job = start_import(file=file, by=None, plan=plan_of(stored(file.team)), name="Shop", partial=True)
    assert run(job, sink) == JobStatus.SUCCEEDED, job.error_message
    assert len(values(sink)) == 21
    assert Quarantined.objects.get().reason.startswith("row 22:")
    assert job.warnings


def test_a_killed_import_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.tabular.importing.CHUNK", 6)
    sink = Memory()
    file = stored(make_team())
    job = start_import(file=file, by=None, plan=plan_of(file), name="Shop")
    land, calls = sink.land, []

    def dies_at_the_third(landing: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise Crash
        return land(landing)

    monkeypatch.setattr(sink, "land", dies_at_the_third)
    with pytest.raises(Crash):
        run(job, sink)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.QUEUED)
    assert run(job, sink) == JobStatus.SUCCEEDED, job.error_message
    assert values(sink) == [float(n * 10) for n in range(20)]


def test_a_plan_is_remembered_for_files_with_the_same_columns() -> None:
    team = make_team()
    file = stored(team)
    plan = plan_of(file)
    plan["metrics"][0]["label"] = "Orders taken"
    start_import(file=file, by=None, plan=plan, name="Shop")
    again = look(stored(team, GOOD.replace("2026-03", "2026-04"), "april.csv"))
    assert again.remembered
    assert again.plan is not None
    assert again.plan.metrics[0].label == "Orders taken"
    assert not look(stored(make_team())).remembered, "not another team's"
    assert SavedMapping.objects.count() == 1


def test_a_second_file_goes_into_the_same_source() -> None:
    team, sink = make_team(), Memory()
    first = stored(team)
    run(start_import(file=first, by=None, plan=plan_of(first), name="Shop"), sink)
    source = Source.objects.get(team=team)
    second = stored(team, GOOD.replace("2026-03", "2026-04"))
    job = start_import(file=second, by=None, plan=plan_of(second), source=source)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert len(values(sink)) == 40
    assert Source.objects.filter(team=team).count() == 1


def test_two_imports_at_once_into_one_source_are_refused() -> None:
    team = make_team()
    first = stored(team)
    job = start_import(file=first, by=None, plan=plan_of(first), name="Shop")
    with pytest.raises(Conflict):
        start_import(file=stored(team), by=None, plan=plan_of(first), source=job.source)
    assert Source.objects.count() == 1


def test_a_replay_reads_the_kept_file_again() -> None:
    team, sink = make_team(), Memory()
    file = stored(team)
    job = start_import(file=file, by=None, plan=plan_of(file), name="Shop")
    run(job, sink)
    once = values(sink)
    again = replay(source=job.source, by=None)
    assert run(again, sink) == JobStatus.SUCCEEDED, again.error_message
    assert values(sink) == sorted(once * 2)


def test_a_plan_that_does_not_fit_the_file_is_refused() -> None:
    file = stored(make_team())
    with pytest.raises(Invalid):
        start_import(file=file, by=None, plan={**plan_of(file), "date": {"column": "nope", "format": "YYYY-MM-DD"}})
    assert not Source.objects.exists()


def test_a_deleted_file_leaves_the_disk(files: Path, django_capture_on_commit_callbacks: Any) -> None:
    file = stored(make_team())
    with django_capture_on_commit_callbacks(execute=True):
        delete_file(file=file, by=None)
    assert not (files / file.path).exists()


def test_the_whole_way_through_the_api() -> None:
    team = make_team()
    client = api_client_for(make_member(team), team)
    upload = SimpleUploadedFile("orders.csv", GOOD.encode(), "text/csv")
    answer = client.post("/api/v1/uploads", {"file": upload}, format="multipart")
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert told["plan"]["date"]["column"] == "day"
    assert len(told["preview"]) == 10
    where = f"/api/v1/uploads/{told['file']['id']}"
    plan = told["plan"] | {"zero_days": True}
    tried = client.post(f"{where}/preview", {"plan": plan}, format="json")
    assert tried.status_code == 200, tried.content
    answer = client.post(f"{where}/import", {"plan": plan, "name": "Shop"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert answer.status_code == 202, answer.content
    again = client.post(f"{where}/import", {"plan": plan, "name": "Shop"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert again.json()["id"] == answer.json()["id"]
    assert run(Job.objects.get(pk=answer.json()["id"])) == JobStatus.SUCCEEDED
    assert client.get(f"/api/v1/jobs/{answer.json()['id']}").json()["status"] == "succeeded"
    assert client.get("/api/v1/uploads").json()["total"] == 1


def test_a_file_that_is_no_table_says_why() -> None:
    team = make_team()
    client = api_client_for(make_member(team), team)
    for body in (b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4):
        upload = SimpleUploadedFile("orders.csv", body, "text/csv")
        answer = client.post("/api/v1/uploads", {"file": upload}, format="multipart")
        told = answer.json()
        assert answer.status_code == 422 or told["problem"], answer.content
    assert client.post("/api/v1/uploads", {}, format="multipart").status_code == 422
