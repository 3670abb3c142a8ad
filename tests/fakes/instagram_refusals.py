"""What the Graph API answers where it refuses, in Meta's words; the HTTP status tells little."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes._server import Answer

IG = "17841400000000001"


@dataclass(eq=False)
class Refused(Exception):  # noqa: N818
    """An answer of 400 or more in Meta's words."""

    code: int
    message: str = "Refused."
    subcode: int = 0
    status: int = 400
    transient: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Answer:
        kind = "OAuthException" if self.code in (4, 10, 17, 100, 190, 200) else "GraphMethodException"
        error: dict[str, Any] = {"message": self.message, "type": kind, "code": self.code}
        error |= {"error_subcode": self.subcode} if self.subcode else {}
        error |= {"is_transient": True} if self.transient else {}
        body = json.dumps({"error": {**error, "fbtrace_id": "AbCdEfGh1234567"}}).encode()
        return Answer(body, self.status, self.headers)


def regained_after(minutes: int) -> dict[str, str]:
    """The header that says when one may ask again."""
    counts = {"type": "instagram", "call_count": 101, "total_cputime": 30, "total_time": 40}
    body = {IG: [{**counts, "estimated_time_to_regain_access": minutes}]}
    return {"X-Business-Use-Case-Usage": json.dumps(body)}


ENDED = Refused(190, "Error validating access token: Session has expired on Thursday, 19-Nov-26.", 463, 401)
APP_LIMIT = Refused(4, "(#4) Application request limit reached", status=403)
USER_LIMIT = Refused(17, "(#17) User request limit reached", 2446079)
CASE_LIMIT = Refused(
    80002, "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.",
    headers=regained_after(7),
)  # fmt: skip
NO_RIGHT = Refused(10, "(#10) Application does not have permission for this action", status=403)
BUSY = Refused(2, "(#2) Service temporarily unavailable", status=500, transient=True)
TOO_FEW = Refused(10, "(#10) Not enough viewers for the media to show insights")
GONE = Refused(
    100, "Unsupported get request. Object with ID does not exist, cannot be loaded due to missing permissions, or "
    "does not support this operation.", 33,
)  # fmt: skip
TOO_OLD = Refused(100, "Invalid parameter", 2108006)
BAD_CURSOR = Refused(100, "Invalid cursor")
