"""`manage.py up`: everything in one process."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from livinglytics.embedded.process import Options, up
from livinglytics.lib.errors import Conflict


class Command(BaseCommand):
    """Start pages, sockets, jobs and the clock, on SQLite unless DATABASE_URL says otherwise."""

    help = "Start everything in one process on this computer."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this computer only)")
        parser.add_argument("--port", type=int, help="port to listen on (default: the first free one from 8000)")
        parser.add_argument("--no-demo", action="store_true", help="don't make the demo team")
        parser.add_argument("--open", action="store_true", help="open the first page in a browser")
        parser.add_argument("--workers", type=int, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["workers"] is not None:
            raise CommandError(
                "`up` is always one process: its jobs and sockets share memory. "
                "For more, set DATABASE_URL and REDIS_URL and start the processes of compose.yaml."
            )
        chosen = Options(
            host=options["host"], port=options["port"], demo=not options["no_demo"], open_browser=options["open"]
        )
        try:
            up(chosen, self._say)
        except Conflict as refused:
            raise CommandError(str(refused)) from None

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
