"""Rows: stored once, judged one by one, the bad ones put aside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from sources.models import JobStatus, Quarantined, RawRecord
from sources.records import CompleteDays
from tests.cast import make_team
from tests.sources.scripted import Memory, Script, make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


def test_a_second_run_over_the_same_answers_changes_nothing(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    run(make_job(source), sink)
    before = list(RawRecord.objects.filter(source_id=source.pk).order_by("pk").values())
    landings = len(sink.landings)
    job = make_job(source)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert list(RawRecord.objects.filter(source_id=source.pk).order_by("pk").values()) == before
    assert len(sink.landings) == landings, "unchanged rows are not mapped again"
    assert job.counts["rows"] == 12


def test_a_changed_row_keeps_its_id_and_first_sight_and_lands_again(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    run(make_job(source), sink)
    before = RawRecord.objects.get(source_id=source.pk, external_id="r1-1")
    script.pages["days"][1][1]["value"] = 99
    job = make_job(source)
    run(job, sink)
    after = RawRecord.objects.get(source_id=source.pk, external_id="r1-1")
    assert (after.pk, after.first_seen) == (before.pk, before.first_seen)
    assert after.payload["value"] == 99
    assert [len(one.records) for one in sink.landings[4:]] == [1]
    assert sink.landings[-1].raw_ids == [after.pk]


def test_an_older_version_never_overwrites_a_newer_one(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    row = {"id": "a", "day": "2026-01-01", "value": 2, "updated": "2026-03-02T00:00:00+00:00"}
    script.pages["days"] = [[row]]
    run(make_job(source), sink)
    script.pages["days"] = [[{**row, "value": 1, "updated": "2026-03-01T00:00:00+00:00"}]]
    run(make_job(source), sink)
    assert RawRecord.objects.get(source_id=source.pk).payload["value"] == 2
    assert list(sink.cells.values()) == [2.0]


def test_of_one_id_twice_in_a_page_the_newer_stays(script: Script) -> None:
    source = make_source(make_team())
    row = {"id": "a", "day": "2026-01-01", "value": 2, "updated": "2026-03-02T00:00:00+00:00"}
    script.pages["days"] = [[row, {**row, "value": 1, "updated": "2026-03-01T00:00:00+00:00"}]]
    run(make_job(source))
    assert RawRecord.objects.get(source_id=source.pk).payload["value"] == 2


def test_where_whole_days_are_promised_unchanged_rows_land_again(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    script.complete = lambda stream, page: (
        CompleteDays(("visits",), date(2026, 1, 1 + page), date(2026, 1, 1 + page)),
    )
    run(make_job(source), sink)
    run(make_job(source), sink)
    assert len(sink.landings) == 8
    assert all(one.complete and len(one.records) == 3 for one in sink.landings)


def test_one_bad_row_goes_to_quarantine_and_the_rest_is_stored(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    del script.pages["days"][1][0]["day"]
    script.pages["days"][2][2]["value"] = "much"
    job = make_job(source)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert len(sink.cells) == 10
    assert job.counts["rejected"] == 2
    reasons = set(Quarantined.objects.filter(source_id=source.pk).values_list("external_id", "reason"))
    assert reasons == {
        ("r1-0", "The field 'day' is missing."),
        ("r2-2", "could not convert string to float: 'much'"),
    }
    assert RawRecord.objects.filter(source_id=source.pk, external_id="r1-0").exists(), "the raw row is kept"


def test_a_bad_row_that_was_put_right_leaves_the_quarantine(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    script.pages["days"][2][2]["value"] = "much"
    run(make_job(source), sink)
    assert Quarantined.objects.filter(source_id=source.pk).count() == 1
    run(make_job(source), sink)
    assert Quarantined.objects.filter(source_id=source.pk).count() == 1, "still as wrong as before"
    script.pages["days"][2][2]["value"] = 7
    run(make_job(source), sink)
    assert not Quarantined.objects.filter(source_id=source.pk).exists()
    assert len(sink.cells) == 12


def test_too_many_bad_rows_fail_the_run_but_stay_to_be_looked_at(script: Script) -> None:
    source = make_source(make_team())
    script.pages["days"] = [[{"id": str(n), "value": n} for n in range(40)]]
    job = make_job(source)
    assert run(job) == JobStatus.FAILED
    assert job.error_code == "source.too_many_bad_rows"
    assert Quarantined.objects.filter(source_id=source.pk).count() == 40


def test_a_number_without_end_is_refused(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    script.pages["days"][0][0]["value"] = "inf"
    job = make_job(source)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert (job.counts["rejected"], len(sink.cells)) == (1, 11)


def test_characters_that_no_database_takes_are_left_out(script: Script) -> None:
    source = make_source(make_team())
    script.pages["days"] = [[{"id": "a\x00b", "day": "2026-01-01", "value": 1, "note": "x\x00y"}]]
    assert run(make_job(source)) == JobStatus.SUCCEEDED
    assert RawRecord.objects.get(source_id=source.pk).payload["note"] == "xy"


def test_a_very_long_id_is_shortened_without_mixing_up_two_of_them(script: Script) -> None:
    source = make_source(make_team())
    script.pages["days"] = [[{"id": "x" * 400 + end, "day": "2026-01-01", "value": 1} for end in "ab"]]
    run(make_job(source))
    assert RawRecord.objects.filter(source_id=source.pk).count() == 2
