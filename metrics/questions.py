"""Questions over the socket: the same engine, the same answer as ``POST /metrics/query``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts import gate
from accounts.models import Team
from metrics.query import respond
from metrics.query.engine import ask
from metrics.query.model import Workspace
from metrics.query.request import from_body


def answer_query(team_id: UUID, message: dict[str, Any]) -> dict[str, Any]:
    """``{"type": "query", "id", "query": {…}}`` with a body as ``POST /metrics/query`` takes it. Raises Invalid."""
    team = Team.objects.get(pk=team_id)
    workspace = Workspace(team.pk, team.time_zone, team.week_start)
    asked = from_body(message.get("query"), workspace)
    return dict(respond.as_json(ask(workspace, asked.query), asked, respond.source_names(team.pk)))


gate.answers("query", "metrics.read", answer_query)
