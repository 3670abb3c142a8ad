"""What a log line looks like, and what never stands in one."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

#: the id of the request, job or message that is being worked on
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

_HIDDEN: Final = "•••"
_SECRETS: Final = re.compile(
    r"""(?ix)
    (?P<keep>\bbearer\s+)[\w.~+/=-]{8,}
    | \bllr?_[\w-]{8,}
    | \beyJ[\w-]+\.[\w-]+\.[\w-]*
    | (?P<name>["']?(?:password|passwd|secret|api[_-]?key|client_secret|(?:access|refresh)_token|authorization)["']?
        \s*[:=]\s*)(?:"[^"]*"|'[^']*'|(?:bearer\s+)?[^\s,&;}]+)
    """
)


def redact(text: str) -> str:
    """The text without tokens, keys and passwords."""
    return _SECRETS.sub(lambda found: (found["keep"] or found["name"] or "") + _HIDDEN, text)


class RequestIdFilter(logging.Filter):
    """Gives each record the id of the request that caused it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get() or "-"
        return True


class RedactFilter(logging.Filter):
    """Takes secrets out of a record, whoever wrote it. The record's arguments are folded into its text."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        return True


class LineFormatter(logging.Formatter):
    """One line for a person: time, level, logger, request, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s [%(request_id)s] %(message)s", "%H:%M:%S")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is the library's
        return redact(super().formatException(ei))


class JsonFormatter(logging.Formatter):
    """One JSON object per line for a log store."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
        }
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
