"""What the single process does before its first page: take up lost jobs, offer the demo."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from accounts.actions.demo import offer_demo
from accounts.models import AuditEvent, User
from livinglytics.embedded import bootstrap
from livinglytics.embedded.bootstrap import Login
from livinglytics.lib import clock
from sources.actions.connect import connect_source
from sources.actions.sweep import sweep
from sources.models import Job, JobStatus

DEMO_KIND = "demo"


def take_up_jobs() -> None:
    """No other process can hold a job of this folder: what was running is queued again at once.

    With Redis there are other workers, whose jobs are theirs until their leases end.
    """
    if not settings.EMBEDDED:
        return
    now = clock.now()
    Job.objects.filter(status=JobStatus.RUNNING).update(lease_until=now - timedelta(seconds=1))
    sweep(now)


def offer() -> Login:
    """The demo team with its made-up year; the data comes by a job like everybody's."""
    login = offer_demo()
    # who removed the demo data doesn't get it back by starting again
    if not AuditEvent.objects.filter(team=login.team, verb="source.connected").exists():
        user = User.objects.get(email=login.email)
        connect_source(team=login.team, by=user, kind=DEMO_KIND, name="Demo data", is_demo=True)
    return Login(login.email, login.password)


def register() -> None:
    """Called once from ``LivingLyticsConfig.ready``."""
    bootstrap.at_start(take_up_jobs)
    bootstrap.offers_demo(offer)
