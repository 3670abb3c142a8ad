"""What other programs push to us: bodies read, items checked. Pure, no storage.

``parse(stream, body)`` is the whole of it: accepted records as JSON-able dicts, and one reason
for every item that was refused.
"""

from __future__ import annotations

from sources.push.body import MalformedBody, Parsed, Rejection
from sources.push.parse import STREAMS, external_id, parse

__all__ = ["STREAMS", "MalformedBody", "Parsed", "Rejection", "external_id", "parse"]
