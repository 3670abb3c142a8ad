"""Connected things, their runs, and everything as it came."""

from sources.models.files import SavedMapping, UploadedFile
from sources.models.jobs import OPEN, Job, JobKind, JobStatus
from sources.models.raw import Quarantined, RawRecord
from sources.models.schedules import Schedule, ScheduleSlot
from sources.models.sources import Credential, Source, SourceState, StreamState, connector_choices

__all__ = [
    "OPEN",
    "Credential",
    "Job",
    "JobKind",
    "JobStatus",
    "Quarantined",
    "RawRecord",
    "SavedMapping",
    "Schedule",
    "ScheduleSlot",
    "Source",
    "SourceState",
    "StreamState",
    "UploadedFile",
    "connector_choices",
]
