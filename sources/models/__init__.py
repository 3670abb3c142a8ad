"""Connected things, their runs, and everything as it came."""

from sources.models.files import SavedMapping, UploadedFile
from sources.models.jobs import OPEN, Job, JobKind, JobStatus
from sources.models.keys import ApiKey
from sources.models.projects import (
    Preset,
    Project,
    ProjectStatus,
    Scrape,
    ScrapePart,
    ScrapeStatus,
    Target,
    TargetStatus,
)
from sources.models.raw import Quarantined, RawRecord
from sources.models.schedules import Schedule, ScheduleSlot
from sources.models.sources import Credential, PendingSignIn, Source, SourceState, StreamState, connector_choices

__all__ = [
    "OPEN",
    "ApiKey",
    "Credential",
    "Job",
    "JobKind",
    "JobStatus",
    "PendingSignIn",
    "Preset",
    "Project",
    "ProjectStatus",
    "Quarantined",
    "RawRecord",
    "SavedMapping",
    "Schedule",
    "ScheduleSlot",
    "Scrape",
    "ScrapePart",
    "ScrapeStatus",
    "Source",
    "SourceState",
    "StreamState",
    "Target",
    "TargetStatus",
    "UploadedFile",
    "connector_choices",
]
