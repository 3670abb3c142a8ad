"""manage.py replay SOURCE --from DATE"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from livinglytics.lib.errors import ProductError
from sources.actions.replay import replay
from sources.models import Source


class Command(BaseCommand):
    help = "Turn a source's stored rows into numbers again, without asking the service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=UUID, help="id of the source")
        parser.add_argument("--from", dest="since", type=date.fromisoformat, help="only rows seen on or after this day")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Source.objects.select_related("team").filter(pk=options["source"]).first()
        if source is None:
            raise CommandError("There is no such source.")
        try:
            job = replay(source=source, by=None, since=options["since"])
        except ProductError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Queued as {job.pk}.")
