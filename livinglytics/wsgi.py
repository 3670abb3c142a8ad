"""HTTP in production: granian, gunicorn or any other WSGI server serves this."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livinglytics.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
