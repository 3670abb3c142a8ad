"""Row locks, in one order everywhere: source, job, target, scrape. Whoever holds a later one asks for no earlier one.

PostgreSQL ends one of two transactions that wait for each other. None of these locks stands in the way of rows that
merely refer to the locked one, and none of them takes the team along.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sources.models import Job, Scrape, Source, Target
from sources.querysets import JobQuerySet


def lock_source(pk: UUID | None) -> Source | None:
    """The source as it is now, locked until the end of the transaction; None when it is gone."""
    if pk is None:
        return None
    return Source.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()


def lock_sources(pks: Iterable[UUID]) -> list[Source]:
    """Several sources, in the order of their ids."""
    rows = Source.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(pks))
    return list(rows.order_by("pk"))


def lock_job(rows: JobQuerySet, *, skip_locked: bool = False) -> Job | None:
    """The one job that these rows hold, locked. ``skip_locked``: None when somebody else has it."""
    found: Job | None = rows.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked).first()
    return found


def lock_jobs(pks: Iterable[UUID]) -> set[UUID]:
    """Those of these jobs that are still open, locked in the order of their ids."""
    rows = JobQuerySet(Job).open().filter(pk__in=list(pks)).select_for_update(of=("self",), no_key=True)
    return {one.pk for one in rows.order_by("pk")}


def lock_targets(pks: Iterable[UUID]) -> dict[UUID, Target]:
    """Targets by id, locked in the order of their ids."""
    rows = Target.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(pks))
    return {one.pk: one for one in rows.order_by("pk")}


def lock_scrape(pk: UUID) -> Scrape | None:
    """The scrape with its team and project, which are not locked; None when it is gone."""
    rows = Scrape.objects.select_for_update(of=("self",), no_key=True).select_related("team", "project")
    return rows.filter(pk=pk).first()
