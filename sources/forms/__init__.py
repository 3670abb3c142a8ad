"""Forms of the source pages."""

from sources.forms.mapping import MappingForm, reading_from
from sources.forms.schedule import ScheduleForm
from sources.forms.settings import ConnectForm, SettingsForm
from sources.forms.small import BackfillForm, FileForm, ReplayForm

__all__ = [
    "BackfillForm",
    "ConnectForm",
    "FileForm",
    "MappingForm",
    "ReplayForm",
    "ScheduleForm",
    "SettingsForm",
    "reading_from",
]
