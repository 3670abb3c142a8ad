"""Forms of the source pages."""

from sources.forms.mapping import MappingForm, reading_from
from sources.forms.schedule import ScheduleForm
from sources.forms.settings import ConnectForm, SettingsForm
from sources.forms.small import FileForm, ReplayForm

__all__ = ["ConnectForm", "FileForm", "MappingForm", "ReplayForm", "ScheduleForm", "SettingsForm", "reading_from"]
