"""Faults that only a real process can have."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from livinglytics.lib import clock
from sources.actions.sweep import sweep
from sources.models import Job, JobStatus, RawRecord
from tests.cast import make_team
from tests.sources.scripted import Memory, make_job, make_source, run, scripted, simple_pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]

WORKER = """
import sys, time, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
django.setup()
from uuid import UUID
from tests.sources.scripted import Memory, Script, scripted, simple_pages
from sources.actions.run import run_job
script = Script(pages={{"days": simple_pages(30, 3)}})
for page in range(30):
    script.faults["days", page] = [lambda ctx: time.sleep(0.05)]
with scripted(script):
    print("ready", flush=True)
    run_job(UUID({job!r}), sink=Memory(), worker="process")
"""


def start(job: Job) -> subprocess.Popen[bytes]:
    """A worker of its own, on the database of this test."""
    name = str(connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "livinglytics.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
        "JOB_LEASE_SECONDS": "2",
    }
    code = WORKER.format(name=name, job=str(job.pk))
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, cwd=Path(settings.BASE_DIR)
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def wait_for_rows(source: Any, count: int) -> None:
    until = time.monotonic() + 20
    while RawRecord.objects.filter(source_id=source.pk).count() < count:
        assert time.monotonic() < until, "the worker does nothing"
        time.sleep(0.02)


@pytest.mark.parametrize("rows", [3, 30, 60])
def test_a_worker_killed_with_signal_nine_is_replaced_within_its_lease(rows: int) -> None:
    with scripted() as script:
        script.pages["days"] = simple_pages(30, 3)
        source = make_source(make_team())
        job = make_job(source)
        process = start(job)
        wait_for_rows(source, rows)
        process.send_signal(signal.SIGKILL)
        process.wait()
        died = time.monotonic()
        while not sweep(clock.now()).lost:
            assert time.monotonic() - died < 8
            time.sleep(0.1)
        assert run(job, Memory()) == JobStatus.SUCCEEDED
        assert RawRecord.objects.filter(source_id=source.pk).count() == 90
        assert job.counts["rows"] == 90, "each page was written once"


def test_a_frozen_worker_that_wakes_up_after_another_finished_changes_nothing() -> None:
    with scripted() as script:
        script.pages["days"] = simple_pages(30, 3)
        source = make_source(make_team())
        job = make_job(source)
        process = start(job)
        wait_for_rows(source, 9)
        process.send_signal(signal.SIGSTOP)
        frozen = time.monotonic()
        while not sweep(clock.now()).lost:
            assert time.monotonic() - frozen < 8
            time.sleep(0.1)
        assert run(job, Memory()) == JobStatus.SUCCEEDED
        before = list(RawRecord.objects.order_by("pk").values()), Job.objects.values().get(pk=job.pk)
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=20) == 0
        assert (list(RawRecord.objects.order_by("pk").values()), Job.objects.values().get(pk=job.pk)) == before
