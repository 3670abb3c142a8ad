"""What somebody does after dropping a connector into the folder: `python -m tests.journeys.stage` in a copy.

Works on an empty SQLite folder (``DATA_DIR``) and says what it saw as one line of JSON.
"""

from __future__ import annotations

import json
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livinglytics.settings")

import django

django.setup()

from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import reverse

from livinglytics.pipeline import run_job
from sources.models import Job
from tests.cast import api_client_for, make_member, make_team


def follow() -> dict[str, Any]:
    """Catalog, form, wrong settings, right settings, a run, and the numbers."""
    call_command("migrate", verbosity=0)
    team = make_team()
    person = make_member(team)
    api, browser = api_client_for(person, team), Client()
    browser.force_login(person)
    catalog = api.get("/api/v1/connectors").json()
    wrong = _connect(api, "no-such-package")
    made = _connect(api, "left-pad")
    job = Job.objects.get(source__kind="npm")
    run_job(str(job.pk))
    job.refresh_from_db()
    asked = {"metrics": ["npm.downloads"], "range": "all", "grain": "year"}
    return {
        "catalog": [one for one in catalog["items"] if one["key"] == "npm"],
        "chooser": browser.get(reverse("source-catalog")).content.decode(),
        "form": browser.get(reverse("source-connect", args=["npm"])).content.decode(),
        "wrong": [wrong.status_code, wrong.json()],
        "made": [made.status_code, made.json()],
        "job": [job.status, job.error_message, job.counts],
        "answer": api.post("/api/v1/metrics/query", asked, format="json").json(),
    }


def _connect(api: Any, package: str) -> Any:
    given = {"kind": "npm", "name": "Downloads", "config": {"package": package}}
    return api.post("/api/v1/sources", given, format="json")


if __name__ == "__main__":
    setup_test_environment()
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    print(json.dumps(follow()))
