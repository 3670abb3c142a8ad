"""Runs that end, scrapes that are cancelled and scrapes that are closed at the same moment, on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from sources.actions.scrapes import cancel_scrape, start_scrape
from sources.actions.scraping import close_if_done
from sources.models import Job, JobStatus, Scrape, ScrapeStatus, Source
from tests.cast import make_team
from tests.sources.watching import GAME, OTHER, make_project

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


class Other(threading.Thread):
    """Another process' part, with a connection of its own that waits for no lock longer than five seconds."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.work, self.trouble = work, ""
        self.start()

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            self.work()
        except Exception as error:
            self.trouble = repr(error)
        finally:
            connection.close()


def wait_until_it_waits(other: Other) -> None:
    """Until the other one waits for a lock, or needs none and is done."""
    question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute(question)
            if cursor.fetchone()[0] or not other.is_alive():
                return
            time.sleep(0.02)
            cursor.execute("SELECT pg_stat_clear_snapshot()")
    raise AssertionError("it neither waits nor ends")


def make_scrape() -> Scrape:
    return start_scrape(project=make_project(make_team(), GAME, OTHER), by=None)[0]


def test_rows_of_the_team_are_written_while_its_scrape_is_being_closed() -> None:
    scrape = make_scrape()
    Job.objects.update(status=JobStatus.SUCCEEDED)
    with transaction.atomic():
        assert close_if_done(scrape)
        writing = Other(lambda: Source.objects.create(team=scrape.team, kind="demo", name="New", slug="new"))
        writing.join(10)
        assert writing.trouble == ""
    assert Source.objects.filter(slug="new").exists()


def test_a_scrape_can_be_cancelled_while_one_of_its_runs_ends() -> None:
    scrape = make_scrape()
    job = Job.objects.order_by("created_at").first()
    assert job is not None
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get(pk=job.source_id)
        cancelling = Other(lambda: cancel_scrape(scrape=Scrape.objects.get(pk=scrape.pk), by=None))
        wait_until_it_waits(cancelling)
        Job.objects.filter(pk=job.pk).update(status=JobStatus.SUCCEEDED)
        assert not close_if_done(scrape), "the other run is still open"
    cancelling.join(10)
    assert cancelling.trouble == ""
    scrape.refresh_from_db()
    assert scrape.status == ScrapeStatus.CANCELLED
    assert sorted(Job.objects.values_list("status", flat=True)) == ["cancelled", "succeeded"]
