"""`python -m livinglytics.embedded.alive`: is the server in this container answering? Without starting Django."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException  # noqa: TID251 - it asks only itself
from typing import Final

PATIENCE: Final = 4.0


def alive(port: int, host: str = "localhost") -> bool:
    """Whether the server on this port answers its health check; a redirect to https is an answer too.

    ``host`` is a name that the server accepts.
    """
    asked = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        asked.request("GET", "/health/live", headers={"Host": host})
        return asked.getresponse().status in {200, 301}
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()


if __name__ == "__main__":
    accepted = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".") or "localhost"
    sys.exit(not alive(int(os.environ.get("PORT", "8000")), "localhost" if accepted == "*" else accepted))
