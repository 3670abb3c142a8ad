"""manage.py rotate_keys"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from livinglytics.lib.errors import ProductError
from sources.actions.rotate import rotate_keys


class Command(BaseCommand):
    help = "Seal all stored secrets with the first of SEALING_KEYS. The old key can be dropped afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = rotate_keys()
        except ProductError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{done} sealed with the newest key.")
