"""A sign of life while one page takes long, and an ear for whoever cancels meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, connection

from livinglytics.lib import clock
from sources.actions.claim import Claim, lease_end
from sources.models import Job
from sources.querysets import JobQuerySet

_LOOK_EVERY = 1.0
log = logging.getLogger("livinglytics.jobs")


class Heartbeat:
    """Pushes the lease on every third of its length, for as long as the fence matches.

    The page's own transaction pushes it on as well; this thread covers slow services.
    ``on_cancel`` is called once, from this thread, when somebody cancels: a silent service isn't waited for.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self.on_cancel: Callable[[], None] | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{claim.job.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        every = settings.JOB_LEASE_SECONDS / 3
        due = clock.monotonic() + every
        try:
            while not self._done.wait(min(_LOOK_EVERY, every)):
                if self.on_cancel is not None and self._cancelled():
                    self.on_cancel()
                    self.on_cancel = None
                if clock.monotonic() >= due:
                    due = clock.monotonic() + every
                    if not self._extend():
                        return
        finally:
            connection.close()

    def _cancelled(self) -> bool:
        mine = JobQuerySet(Job).held(self._claim.job.pk, self._claim.fence)
        try:
            return mine.filter(cancel_requested_at__isnull=False).exists()
        except DatabaseError:
            return False

    def _extend(self) -> bool:
        mine = JobQuerySet(Job).held(self._claim.job.pk, self._claim.fence)
        try:
            return bool(mine.update(lease_until=lease_end(clock.now())))
        except DatabaseError as error:
            # a busy database is no reason to give the job up: the next beat comes before the lease ends
            log.warning("heartbeat missed for job %s: %s", self._claim.job.pk, error)
            return True
