"""manage.py restore FOLDER"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from livinglytics.backups.making import restore
from livinglytics.embedded.lock import FolderLock
from livinglytics.lib.errors import ProductError


class Command(BaseCommand):
    """Bring a backup back into an empty place."""

    help = "Bring a backup back into an empty database and files folder, and check that it is the same."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder made by backup")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with ExitStack() as held:
                if settings.EMBEDDED:
                    held.enter_context(FolderLock(settings.DATA_DIR))
                made = restore(options["folder"].resolve())
        except ProductError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.rows} rows and {len(made.files)} files are back as they were on {made.made_at}.")
        self.stdout.write(
            "Start with the same SEALING_KEYS as before; then run manage.py migrate if the product is newer."
        )
