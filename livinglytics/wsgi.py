"""HTTP in production: granian, gunicorn or any other WSGI server serves this."""

from __future__ import annotations

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livinglytics.settings")

from django.core.wsgi import get_wsgi_application

django_application = get_wsgi_application()
# what a process starts with is no garbage: the collector need not look through it again and again
gc.collect()
gc.freeze()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Whole bodies go out as a list, which a server may send at once; what is made while it is sent stays as it is."""
    response: Any = django_application(environ, start_response)
    if getattr(response, "streaming", True):
        return response
    body = [response.content]
    response.close()
    return body
