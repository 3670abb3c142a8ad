"""Singer taps the whole way: allowed by a setting, connected, run, stored and counted by the real runner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured

from livinglytics import env
from livinglytics.lib.errors import Invalid
from metrics.models import Observation, Series
from sources.actions.sync import queue_sync
from sources.models import Job, JobStatus, Quarantined, RawRecord, Source, StreamState
from tests.sources.singer_reading import ORDERS, REVIEWS, TOKEN, World, orders, reviews
from tests.sources.whole_way import connected, ran, sums, texts

DATABASE = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> Iterator[World]:
    made = World(tmp_path)
    made.stream("orders", orders(6))
    made.stream("reviews", reviews(5))
    made.stream("notes", [{"id": 1, "n": 1, "text": "\x00 odd \u2028"}])
    settings.SINGER_TAPS = {"fake": made.program}
    with time_machine.travel("2026-11-20T15:30:00Z"):
        yield made


def connect(world: World, **more: Any) -> tuple[Source, Job]:
    mapping = {"orders": [ORDERS, {"kind": "metric", "metric": "orders.count", "at": "created_at"}], "reviews": REVIEWS}
    return connected("singer", **world.settings(mapping=json.dumps(mapping), **more))


def synced(world: World, source: Source) -> Job:
    world.save()
    return ran(queue_sync(source=source, by=None))


@DATABASE
def test_rows_land_once_and_again_changes_nothing(world: World) -> None:
    source, job = connect(world)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once = sums(source)
    assert (once["orders.revenue"], once["orders.count"]) == (60.0, 6)
    assert len(texts()) == 5
    assert texts()["reviews:r2"] == "Grüße 2 🎉"
    assert RawRecord.objects.filter(stream="tap", external_id="notes:1").exists()
    job = synced(world, source)
    assert job.status == JobStatus.SUCCEEDED
    assert (job.counts["inserted"], job.counts["updated"], job.counts["deleted"]) == (0, 0, 0)
    assert sums(source) == once


@DATABASE
def test_an_edited_a_moved_and_a_deleted_row_are_counted_right(world: World) -> None:
    source, job = connect(world)
    ran(job)
    rows = world.streams["orders"]["rows"]
    rows[0]["total"], rows[1]["created_at"] = 25.5, "2026-11-09T08:00:00Z"
    del rows[4:]
    world.streams["reviews"]["rows"][4] |= {"body": "Edited"}
    job = synced(world, source)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert {name: value for name, value in sums(source).items() if name.startswith("orders")} == {
        "orders.revenue": 55.5,
        "orders.count": 4,
    }
    moved = Series.objects.get(source_id=source.pk, metric="orders.count")
    days = Observation.objects.filter(series_id=moved.pk).order_by("at").values_list("value", flat=True)
    assert [float(one) for one in days] == [1, 2, 1]
    assert "Edited" in texts().values()


@DATABASE
def test_a_tap_that_fails_is_never_a_success_and_what_it_sent_before_stays(world: World) -> None:
    world.faults = {"crash": f"boom {TOKEN}", "after": 4}
    source, job = connect(world)
    assert ran(job).status == JobStatus.FAILED
    assert "KeyError: 'boom •••'" in job.error_message
    assert "orders.count" not in sums(source)
    stored = len(texts())
    assert stored < 5
    world.faults = {}
    assert synced(world, source).status == JobStatus.SUCCEEDED
    assert len(texts()) == 5
    assert sums(source)["orders.count"] == 6


@DATABASE
def test_rubbish_among_the_rows_is_put_aside_and_too_much_of_it_ends_the_run(world: World) -> None:
    world.faults = {"rubbish": ["Debug: hello", "{"]}
    source, job = connect(world)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    assert Quarantined.objects.filter(source_id=source.pk, stream="tap").count() == 2
    world.faults = {"rubbish": [f"Debug: {n}" for n in range(20)]}
    again = synced(world, source)
    assert again.status != JobStatus.SUCCEEDED
    assert again.error_message.startswith("Too many bad rows")


@DATABASE
def test_the_secret_is_in_nothing_that_is_stored(world: World) -> None:
    world.streams["notes"]["rows"][0]["text"] = f"echo {TOKEN}"
    source, job = connect(world)
    ran(job)
    source.refresh_from_db()
    for kept in (Source, Job, RawRecord, StreamState, Quarantined):
        assert TOKEN not in str(list(kept.objects.values())), kept
    assert {one.stream for one in StreamState.objects.filter(source_id=source.pk)} == {"tap", "totals"}


@DATABASE
def test_a_tap_that_is_no_longer_allowed_is_not_run(world: World, settings: Any) -> None:
    _, job = connect(world)
    settings.SINGER_TAPS = {}
    assert ran(job).status == JobStatus.FAILED
    assert "SINGER_TAPS" in job.error_message
    with pytest.raises(Invalid) as caught:
        connect(world)
    assert list(caught.value.details) == ["tap"]


def test_the_setting_is_read_as_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.programs("SINGER_TAPS") == {}
    monkeypatch.setenv("SINGER_TAPS", "csv=/opt/csv/bin/tap-csv, shop = /opt/shop/tap ,")
    assert env.programs("SINGER_TAPS") == {"csv": "/opt/csv/bin/tap-csv", "shop": "/opt/shop/tap"}
    for odd in ("csv", "csv=tap-csv", "=/opt/tap", "csv=/a,csv=/b"):
        monkeypatch.setenv("SINGER_TAPS", odd)
        with pytest.raises(ImproperlyConfigured, match="SINGER_TAPS must hold pairs"):
            env.programs("SINGER_TAPS")
