"""The product's settings with SQLite as Django sets it up by itself."""

from livinglytics.settings import *  # noqa: F403
from livinglytics.settings import DATABASES

DATABASES["default"]["OPTIONS"] = {}
