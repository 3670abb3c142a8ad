"""What an uploaded file looks like under a reading that a person chose."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.models import Team
from livinglytics.lib.errors import NotFound
from sources.models import Source, UploadedFile
from sources.tabular import Reading, Shape, inspect

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def file_of(team: Team, pk: UUID) -> UploadedFile:
    """One file. Raises NotFound also for one of another team."""
    found = UploadedFile.objects.for_team(team).select_related("team", "source").filter(pk=pk).first()
    if not isinstance(found, UploadedFile):
        raise NotFound("There is no such file.")
    return found


def shape_of(file: UploadedFile, reading: Reading) -> Shape:
    """Format, columns and problems of a stored file. Raises Invalid, TooLarge, or NotFound when it is gone."""
    place = Path(settings.MEDIA_ROOT) / file.path
    if not place.is_file():
        raise NotFound("The uploaded file is gone. Upload it again.")
    with place.open("rb") as opened:
        return inspect(opened, file.name, reading)


def upload_sources(team: Team) -> list[Source]:
    """The sources that files can be added to, by name."""
    return list(Source.objects.for_team(team).filter(kind="upload").order_by("name"))


def understood(shape: Shape) -> list[dict[str, str]]:
    """How the file was read, as facts."""
    facts = [("Format", shape.format.upper() + (", gzip" if shape.packed else ""))]
    if shape.format not in ("parquet", "xlsx"):
        facts.append(("Encoding", shape.encoding))
    if shape.delimiter:
        facts.append(("Columns end with a", _DELIMITERS.get(shape.delimiter, shape.delimiter)))
    if shape.sheet:
        facts.append(("Sheet", shape.sheet))
    if shape.format in ("csv", "xlsx"):
        facts.append(("First row", "names of the columns" if shape.header else "data, without names"))
    facts.append(("Columns", str(len(shape.columns))))
    if shape.rows is not None:
        facts.append(("Rows", f"{shape.rows:,}".replace(",", "\u00a0")))
    dates = sorted({column.date_format for column in shape.columns if column.date_format})
    if dates:
        facts.append(("Dates", ", ".join(dates)))
    numbers = sorted({column.number_format for column in shape.columns if column.number_format})
    if numbers:
        facts.append(("Numbers", ", ".join(numbers)))
    return [{"label": label, "text": text} for label, text in facts]
