"""What a connector gets from outside: web, clock, waits, files, addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from accounts.models import Team
from livinglytics.lib import clock
from livinglytics.lib.errors import NotFound, RateLimited
from livinglytics.lib.http import Client, Limits
from livinglytics.lib.secrets import Redactor
from sources import configuration, outside, vault
from sources.actions.tokens import token_of
from sources.connectors._base import Context, no_account
from sources.models import Source, UploadedFile

LONGEST_PAUSE = 60.0
PATIENT = Limits()
#: somebody sits in front of the form and waits
QUICK = Limits(connect=4.0, read=8.0, total=10.0, tries=1)
_STEP = 1.0


class Interrupted(Exception):  # noqa: N818 - it is news, not a fault
    """Somebody pressed cancel, or the worker shuts down, while a connector was waiting."""


def never() -> bool:
    """For runs that nobody can cancel, such as a check."""
    return False


def surroundings(
    team: Team,
    kind: str,
    secrets: Mapping[str, str],
    *,
    interrupted: Callable[[], bool] = never,
    limits: Limits = PATIENT,
    source: Source | None = None,
    redact: Redactor | None = None,
) -> Context:
    """The context of one run or check of a connector of ``kind``.

    ``source``: whose accounts may be used; None for settings that nobody saved. ``redact`` takes the secrets out
    of texts and learns the tokens that come up; whoever writes texts down shares it.
    """
    redact = vault.redactor(secrets) if redact is None else redact

    def pause(seconds: float) -> None:
        _wait(seconds, interrupted)

    token: Callable[..., str] = no_account
    if source is not None:
        connector = configuration.connector(kind)
        token = token_of(source, connector, secrets, pause=pause, patience=limits.total, learn=redact.add)
    return Context(
        http=Client(limits=limits, allow_private=outside.trusted(kind), redact=redact, wait=pause),
        now=clock.now,
        pause=pause,
        cancelled=interrupted,
        files=FilesOf(team.pk),
        base_url=partial(outside.base_url, kind),
        zone=team.time_zone,
        token=token,
        folders=settings.GIT_LOCAL_ROOTS,
        scratch=settings.SCRATCH_DIR,
        programs=settings.SINGER_TAPS if kind == "singer" else {},
    )


class FilesOf:
    """Opens uploaded files of one team by their id, for reading bytes."""

    def __init__(self, team_id: UUID) -> None:
        self._team_id = team_id

    def __call__(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def path(self, key: str) -> Path:
        """Where the file lies on disk. Raises NotFound for an unknown id or one of another team."""
        found = UploadedFile.objects.filter(team_id=self._team_id, pk=_uuid(key)).first()
        if found is None or not (place := Path(settings.MEDIA_ROOT) / found.path).is_file():
            raise NotFound("The uploaded file is gone. Upload it again.")
        return place


def _uuid(key: str) -> UUID:
    try:
        return UUID(str(key))
    except ValueError:
        raise NotFound("There is no such file.") from None


def _wait(seconds: float, interrupted: Callable[[], bool]) -> None:
    if seconds > LONGEST_PAUSE:
        raise RateLimited(f"The service asks to wait {seconds:.0f} seconds.", retry_after=seconds)
    end = clock.monotonic() + seconds
    while (left := end - clock.monotonic()) > 0:
        if interrupted():
            raise Interrupted
        clock.sleep(min(_STEP, left))
