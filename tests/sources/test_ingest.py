"""Push: stored before it is acknowledged, turned into numbers without losing a row."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import date
from typing import Any

import pytest
from django.db import connection

from livinglytics.lib.errors import Conflict
from sources.actions import ingest as ingesting
from sources.actions.receive import push_source, receive
from sources.actions.update import pause_source
from sources.models import Job, JobKind, JobStatus, RawRecord, Source, StreamState
from sources.push import parse
from sources.records import MetricPoint
from tests.cast import bearer, make_team, make_token
from tests.sources.scripted import Crash, Memory, run

pytestmark = pytest.mark.django_db


def items(*values: float, metric: str = "orders", day: str = "2026-11-20") -> bytes:
    rows = [{"metric": metric, "value": v, "date": day, "dimensions": {"id": str(n)}} for n, v in enumerate(values)]
    return json.dumps(rows).encode()


def send(source: Source, body: bytes, stream: str = "metrics") -> Any:
    return receive(source=source, stream=stream, parsed=parse(stream, body))


def test_what_is_pushed_is_stored_then_a_job_makes_numbers_of_it() -> None:
    source, sink = push_source(make_team()), Memory()
    receipt = send(source, items(1, 2, 3))
    assert (receipt.accepted, receipt.rejected) == (3, 0)
    assert RawRecord.objects.filter(job_id=receipt.batch_id).count() == 3
    job = Job.objects.get(source=source)
    assert (job.kind, job.status) == (JobKind.INGEST, JobStatus.QUEUED)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert sorted(sink.cells.values()) == [1.0, 2.0, 3.0]
    assert isinstance(sink.landings[0].records[0], MetricPoint)
    assert sink.landings[0].records[0].at == date(2026, 11, 20)


def test_a_thousand_pushes_make_one_job() -> None:
    source = push_source(make_team())
    for number in range(60):
        send(source, items(number, day=f"2026-10-{number % 28 + 1:02}"))
    assert Job.objects.filter(source=source).count() == 1


def test_the_same_push_again_changes_nothing_and_rings_nobody() -> None:
    source, sink = push_source(make_team()), Memory()
    send(source, items(1, 2))
    run(Job.objects.get(source=source), sink)
    before = list(RawRecord.objects.order_by("pk").values())
    send(source, items(1, 2))
    assert list(RawRecord.objects.order_by("pk").values()) == before
    assert Job.objects.filter(source=source).count() == 1


def test_a_corrected_value_is_taken_by_the_next_run() -> None:
    source, sink = push_source(make_team()), Memory()
    send(source, items(1, 2))
    run(Job.objects.get(source=source), sink)
    first_seen = RawRecord.objects.order_by("pk").first().first_seen
    send(source, items(7, 2))
    run(Job.objects.filter(source=source).first(), sink)
    assert sorted(sink.cells.values()) == [2.0, 7.0]
    assert len(sink.landings[1].records) == 1, "only what changed is mapped"
    assert RawRecord.objects.count() == 2
    assert RawRecord.objects.order_by("-pk").first().first_seen == first_seen


def test_rows_that_arrive_while_a_run_maps_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    source, sink = push_source(make_team()), Memory()
    send(source, items(1))
    job = Job.objects.get(source=source)

    def late(team_id: Any, source_id: Any) -> None:
        send(source, items(5, day="2026-11-21"))
        assert Job.objects.filter(source=source).count() == 1, "the run is still open"

    monkeypatch.setattr(sink, "finish", late)
    assert run(job, sink) == JobStatus.SUCCEEDED
    second = Job.objects.exclude(pk=job.pk).get(source=source)
    assert second.status == JobStatus.QUEUED
    monkeypatch.undo()
    assert run(second, sink) == JobStatus.SUCCEEDED
    assert sorted(sink.cells.values()) == [1.0, 5.0]
    assert not Job.objects.filter(source=source, status=JobStatus.QUEUED).exists()


def test_a_killed_ingest_goes_on_behind_its_last_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "PAGE", 2)
    source, sink = push_source(make_team()), Memory()
    send(source, items(*range(7)))
    job = Job.objects.get(source=source)
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
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert sum(len(one.records) for one in sink.landings) == 7
    assert StreamState.objects.get(source=source).state["last_raw"] == RawRecord.objects.order_by("pk").last().pk


@pytest.mark.django_db(transaction=True)
def test_pushes_from_many_threads_while_jobs_run_are_all_counted() -> None:
    source, sink = push_source(make_team()), Memory()
    start = threading.Barrier(4)
    problems: list[BaseException] = []

    def push(worker: int) -> None:
        try:
            start.wait()
            for number in range(8):
                send(source, items(1, 1, metric=f"m{worker}", day=f"2026-11-{number + 1:02}"))
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    def work() -> None:
        try:
            start.wait()
            for _ in range(40):
                for pk in list(Job.objects.filter(status=JobStatus.QUEUED).values_list("pk", flat=True)):
                    run(Job.objects.get(pk=pk), sink)
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=push, args=(n,)) for n in range(3)] + [threading.Thread(target=work)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not problems
    while (job := Job.objects.filter(status=JobStatus.QUEUED).first()) is not None:
        run(job, sink)
    assert len(sink.cells) == 3 * 8 * 2
    assert sum(len(one.records) for one in sink.landings) == 3 * 8 * 2, "and none twice"


def test_a_paused_source_takes_nothing_in() -> None:
    team = make_team()
    pause_source(source=push_source(team), by=None)
    with pytest.raises(Conflict):
        push_source(team)


def test_the_endpoint_answers_202_with_what_became_of_each_item() -> None:
    team = make_team()
    client = bearer(make_token(team, "ingest.write").secret)
    body = [
        {"metric": "orders", "value": 3, "date": "2026-11-20"},
        {"metric": "orders", "value": "three", "date": "2026-11-21"},
        {"metric": "orders", "date": "2026-11-22"},
    ]
    answer = client.post("/api/v1/ingest/metrics", body, format="json")
    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert (told["accepted"], told["rejected"], told["source"]) == (1, 2, "push")
    assert [one["index"] for one in told["errors"]] == [1, 2]
    assert told["errors"][0]["field"] == "value"
    assert RawRecord.objects.filter(job_id=told["batch_id"], team_id=team.pk).count() == 1


def test_texts_are_taken_as_lines_packed_with_gzip() -> None:
    team = make_team()
    client = bearer(make_token(team, "ingest.write").secret)
    lines = [
        {"id": f"r{n}", "text": "Good.", "created_at": "2026-11-20T10:00:00Z", "rating": 5, "scale": "1-5"}
        for n in range(3)
    ]
    body = gzip.compress("\n".join(json.dumps(one) for one in lines).encode())
    answer = client.generic("POST", "/api/v1/ingest/documents", body, "text/plain", HTTP_CONTENT_ENCODING="gzip")
    assert answer.status_code == 202, answer.content
    assert answer.json()["accepted"] == 3
    assert RawRecord.objects.filter(stream="documents").count() == 3


def test_a_body_that_cannot_be_read_stores_nothing() -> None:
    client = bearer(make_token(make_team(), "ingest.write").secret)
    for body in (b"", b"[{", b"\xff\xfe\x00", b'{"a": NaN'):
        answer = client.generic("POST", "/api/v1/ingest/metrics", body, "application/json")
        assert answer.status_code == 400, answer.content
        assert answer.json()["error"]["code"] == "MALFORMED_BODY"
    assert not RawRecord.objects.exists()


def test_a_token_without_the_scope_and_an_unknown_source_are_refused() -> None:
    team = make_team()
    reader = bearer(make_token(team, "metrics.read").secret)
    assert reader.post("/api/v1/ingest/metrics", [], format="json").status_code == 403
    writer = bearer(make_token(team, "ingest.write").secret)
    answer = writer.post("/api/v1/ingest/metrics?source=nowhere", json.loads(items(1)), format="json")
    assert answer.status_code == 404
    assert not Source.objects.exists()


def test_a_push_costs_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    source = push_source(make_team())
    send(source, items(1))
    with django_assert_max_num_queries(14):
        send(source, items(*range(200), day="2026-11-21"))
