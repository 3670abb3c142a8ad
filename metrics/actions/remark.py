"""What happened on a day, as sources tell it."""

from __future__ import annotations

from metrics.models import Annotation
from sources.landing import Landing
from sources.records import Remark


def store_remarks(landing: Landing) -> int:
    """Note the page's remarks on the team's charts; known ones are left alone. Returns how many are new."""
    remarks = {(one.day, one.title[:120]): one for one in landing.records if isinstance(one, Remark)}
    if not remarks:
        return 0
    mine = Annotation.objects.filter(team_id=landing.team_id, source_id=landing.source_id)
    known = set(mine.filter(day__in={day for day, _ in remarks}).values_list("day", "title"))
    new = [
        Annotation(team_id=landing.team_id, source_id=landing.source_id, day=day, title=title, kind=one.kind[:20])
        for (day, title), one in remarks.items()
        if (day, title) not in known
    ]
    Annotation.objects.bulk_create(new)
    return len(new)
