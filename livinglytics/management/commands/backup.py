"""manage.py backup FOLDER"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from livinglytics.backups.making import back_up
from livinglytics.lib.errors import ProductError


class Command(BaseCommand):
    """Copy the database and the files while they are in use."""

    help = "Copy the database and the files into a new folder. Nothing has to be stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that doesn't exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = back_up(options["folder"].resolve())
        except ProductError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{len(made.tables)} tables with {made.rows} rows and {len(made.files)} files, {made.made_at}."
        )
        self.stdout.write(
            "The keys are not in it: keep SECRET_KEY and SEALING_KEYS (or the .key files) somewhere else."
        )
