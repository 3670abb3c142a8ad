"""`manage.py up` with a few jobs of the tests: `python -m tests.embedded.stage [options of up]`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livinglytics.settings")

import django

django.setup()

from django.core.management import call_command

from livinglytics.celery import app
from livinglytics.embedded import bootstrap
from livinglytics.pipeline import stopping
from sources.actions.connect import connect_source
from sources.models import Source
from tests.cast import make_team

HERE = Path(os.environ["DATA_DIR"])


@app.task(name="tests.write")
def write(name: str) -> None:
    (HERE / name).write_text(f"{time.monotonic()}", encoding="utf-8")


@app.task(name="tests.yields")
def yields() -> None:
    """A long job that gives its place back when asked."""
    while not stopping.wait(0.02):
        pass
    (HERE / "yielded").touch()


@app.task(name="tests.stubborn")
def stubborn() -> None:
    """A long job that never looks."""
    time.sleep(60)


@bootstrap.at_start
def ring() -> None:
    for name in filter(None, os.environ.get("STAGE_TASKS", "").split(",")):
        app.send_task(name)
    app.send_task("tests.write", args=["picked-up"])
    (HERE / "rang").write_text(f"{time.monotonic()}", encoding="utf-8")


@bootstrap.at_start
def connect_demo() -> None:
    if "STAGE_DEMO" in os.environ and not Source.objects.exists():
        connect_source(team=make_team(), by=None, kind="demo")


@bootstrap.offers_demo
def demo() -> bootstrap.Login:
    return bootstrap.Login("demo@harbor.example", "look-around")


if __name__ == "__main__":
    call_command("up", *sys.argv[1:])
