"""Whatever happens at a service and to the runs that read it, the tables end as those of one clean reading.

Histories are made up: things appear, change, go and are told anew between runs, and the runs are killed, cancelled,
limited and failed wherever it hits them. The real runner and the real sink do the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from livinglytics.lib import clock
from sources.actions.sync import cancel_job, queue_sync
from sources.models import Job, JobStatus, Source
from tests.acceptance.case import Case, Service, Stage, all_cases
from tests.acceptance.play import Tables, bring_to_its_end, killed, living, run, standing_at, tables
from tests.fakes._server import RESET, TRUNCATED, Fault, down, limited

pytestmark = pytest.mark.django_db
Shift = Callable[[timedelta], None]
#: kind -> what happens there in any order and number; each ends like a clean reading by what the kind promises
KINDS = {
    "github": ("add", "edit", "remove", "restate"),
    "ga4": ("add", "remove", "restate"),
    "steam": ("add", "edit"),
    "instagram": ("add", "edit", "restate"),
    "git": ("add", "remove", "restate"),
}
#: what is taken back from a day that is not over goes when it is
OVERNIGHT = {"git"}
FAULTS = {
    "503": down(503),
    "reset": RESET,
    "cut off": TRUNCATED,
    "a limit": limited("1800"),
    "a short limit": limited(),
}


@dataclass(frozen=True)
class Step:
    """What happened since the last run, and what hits this one: how, and after how many pages or good answers."""

    acts: list[int]
    how: str
    after: int
    pause: int


steps = st.builds(
    Step,
    acts=st.lists(st.integers(0, 9), max_size=3),
    how=st.sampled_from(["nothing", "kill", "cancel", *FAULTS]),
    after=st.integers(1, 12),
    pause=st.integers(1, 20),
)
#: the same histories every time, and no shrinking: the note tells the whole of one that fails
STEADY = settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("kind", KINDS)
@STEADY
@given(story=st.lists(steps, min_size=2, max_size=4))
def test_whatever_happens_the_tables_end_as_those_of_one_clean_reading(
    kind: str, story: list[Step], settings: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    note(f"{kind}: {story}")
    case = next(one for one in all_cases() if one.id == kind)
    with playing(case, settings, tmp_path_factory.mktemp(kind)) as (service, shift):
        source, job = case.connect(service)
        for step in story:
            shift(timedelta(minutes=step.pause))
            for number in step.acts:
                service.acts[KINDS[kind][number % len(KINDS[kind])]]()
            job = disturbed(source, job, step, service, shift)
        if service.fake:
            service.fake.heal()
        bring_to_its_end(source, job, shift)
        if kind in OVERNIGHT:
            shift(timedelta(days=1))
        again = queue_sync(source=source, by=None)
        run(again)
        assert again.status == JobStatus.SUCCEEDED, again.error_message
        clean, job = case.connect(service)
        run(job)
        assert job.status == JobStatus.SUCCEEDED, job.error_message
        assert compared(tables(source)) == compared(tables(clean))


@contextmanager
def playing(case: Case, settings: Any, folder: Path) -> Iterator[tuple[Service, Shift]]:
    """A service of its own for one history: the next one finds nothing of it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        standing_at(case.at, patch) as shift,
        case.play(Stage(patch, settings, folder)) as service,
    ):
        yield service, shift


def disturbed(source: Source, job: Job, step: Step, service: Service, shift: Shift) -> Job:
    """One run, due or asked for, that is hit as the step says."""
    if not job.is_open:
        job = queue_sync(source=source, by=None)
    if job.run_after and job.run_after > clock.now():
        shift(job.run_after - clock.now() + timedelta(seconds=1))
    if step.how == "kill":
        killed(job, step.after)
        return job
    if service.fake:
        service.fake.heal()
        fault: Fault | None = FAULTS.get(step.how)
        service.fake.script(*[None] * step.after, *[fault] * 6)

    def cancel(page: int) -> None:
        if step.how == "cancel" and page == step.after:
            cancel_job(job=job, by=None)

    run(job, cancel)
    return job


def compared(found: Tables) -> dict[str, list[Any]]:
    """Numbers without dimensions, under which a thing goes on by its first name, and the texts that are there."""
    numbers = sorted((metric, at, n, value) for metric, _, at, n, value in found["numbers"])
    return {"numbers": numbers, "texts": living(found), "bad": found["bad"]}
