"""The task queue. A message only wakes a worker: the job row says what is to be done."""

from __future__ import annotations

import os

from celery import Celery

from livinglytics.schedule import beat_schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livinglytics.settings")

app = Celery("livinglytics")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = beat_schedule()
app.conf.timezone = "UTC"
app.autodiscover_tasks()
# the roof's own tasks tie the apps together, so they live beside this file and not in an app
app.autodiscover_tasks(["livinglytics"], related_name="pipeline")
