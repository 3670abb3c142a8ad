"""The product's settings and one more app: the wide table that ours is measured against."""

import os

from livinglytics.settings import *  # noqa: F403
from livinglytics.settings import INSTALLED_APPS, LOGGING

INSTALLED_APPS = [*INSTALLED_APPS, "bench.wide"]
LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": "ERROR"}}
if os.environ.get("BENCH_QUIET_HASHING", "1") == "1":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
