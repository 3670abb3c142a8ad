"""World three: how six developers work with AI, and what they ship."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sources.demo import seasons
from sources.demo.chance import Dice, dice
from sources.demo.payload import Cells, Page, Payload
from sources.demo.plot import Effects, effects

_AI = (
    *("ai_sessions", "ai_active_hours", "ai_policy_sessions", "ai_tokens_input", "ai_tokens_output", "ai_cost"),
    *("ai_suggestions", "ai_accepted", "ai_tokens_accepted", "ai_lines_accepted", "ai_errors", "ai_latency_ms"),
)
_SHIPPED = ("commits", "commit_days", "prs_merged", "prs_reopened", "pr_merge_hours")
DIMENSIONS = {
    **dict.fromkeys(_AI, ("developer", "model")),
    **dict.fromkeys(_SHIPPED, ("developer",)),
}
METRICS = tuple(DIMENSIONS)


@dataclass(frozen=True, slots=True)
class _Model:
    """A made-up model: US dollars per million tokens, latency in ms, skill and error rate."""

    input_price: float
    output_price: float
    latency: float
    skill: float
    errors: float
    approved: bool = True


_MODELS = {
    "atlas-large": _Model(12.0, 60.0, 5200, 1.12, 0.021),
    "atlas-mini": _Model(1.5, 6.0, 1700, 0.90, 0.017),
    "fjord-code": _Model(5.0, 25.0, 2900, 1.05, 0.026),
    "fjord-preview": _Model(4.0, 18.0, 3900, 0.85, 0.062, approved=False),
}
#: developer -> (AI calls on a working day, skill, share of calls per model)
_TEAM = {
    "mara": (27, 1.10, (0.80, 0.08, 0.12, 0.00)),
    "jonas": (22, 0.95, (0.10, 0.15, 0.75, 0.00)),
    "priya": (31, 1.15, (0.70, 0.30, 0.00, 0.00)),
    "tomas": (16, 0.90, (0.00, 0.85, 0.00, 0.15)),
    "lena": (24, 1.02, (0.00, 0.10, 0.70, 0.20)),
    "kofi": (19, 0.88, (0.55, 0.45, 0.00, 0.00)),
}


def tell(page: Page) -> Payload:
    """The whole day, as if it were over."""
    what = effects(page.day, page.anchor)
    cells: dict[str, dict[str, float]] = defaultdict(dict)
    means: dict[str, dict[str, list[float]]] = {"ai_latency_ms": {}, "pr_merge_hours": {}}
    for developer in _TEAM:
        if not _away(developer, page.day):
            _assist(developer, page.day, cells, means["ai_latency_ms"])
            _ship(developer, page.day, what, cells, means["pr_merge_hours"])
    fixed = {"commit_days": cells.pop("commit_days", {})}
    return {"day": page.day.isoformat(), "counts": dict(cells), "means": means, "fixed": fixed, "instants": {}}


def _away(developer: str, day: date) -> bool:
    """Off for whole weeks, sick days, public holidays, and the week after Christmas."""
    if seasons.holiday(day) or (day.month == 12 and day.day > 23):
        return True
    year, week, _ = day.isocalendar()
    on_leave = dice(f"leave:{developer}", date.fromisocalendar(year, week, 1)).random() < 0.09
    return on_leave or dice(f"sick:{developer}", day).random() < 0.025


def _assist(developer: str, day: date, cells: dict[str, Cells], latency: dict[str, list[float]]) -> None:
    calls, skill, shares = _TEAM[developer]
    roll = dice(f"assist:{developer}", day)
    total = roll.negbin(calls * seasons.WORK_WEEK[day.weekday()] * seasons.level(day, 0.30), 0.25)
    hours = min(9.0, max(0.4, total / (4.6 * roll.around(0.15))))
    for (name, model), share in zip(_MODELS.items(), shares, strict=True):
        sessions = roll.binomial(total, share * roll.around(0.1)) if share else 0
        if sessions:
            cell = f"{developer}|{name}"
            latency[cell] = [round(sessions * model.latency * roll.around(0.12)), sessions]
            cells["ai_active_hours"][cell] = round(hours * sessions / total, 2)
            for metric, value in _calls(roll, model, sessions, skill, day).items():
                cells[metric][cell] = value


def _calls(roll: Dice, model: _Model, sessions: int, skill: float, day: date) -> Cells:
    """What a number of calls cost and brought. Prompts get shorter and hits more frequent as people learn."""
    learnt = seasons.level(day, 0.12)
    errors = roll.binomial(sessions, model.errors)
    suggestions = sum(1 + roll.poisson(0.5) for _ in range(sessions - errors))
    accepted = roll.binomial(suggestions, 0.27 * skill * model.skill * learnt)
    sent = round(sessions * 1180 / learnt * roll.around(0.22))
    got = round((sessions - errors) * 265 * roll.around(0.22))
    per_suggestion = (sent + got) / max(1, suggestions)
    return {
        "ai_sessions": sessions,
        "ai_policy_sessions": sessions if model.approved else 0,
        "ai_tokens_input": sent,
        "ai_tokens_output": got,
        "ai_cost": round((sent * model.input_price + got * model.output_price) / 1e6, 4),
        "ai_suggestions": suggestions,
        "ai_accepted": accepted,
        "ai_tokens_accepted": round(per_suggestion * accepted),
        "ai_lines_accepted": sum(2 + roll.negbin(20 * skill, 0.7) for _ in range(accepted)),
        "ai_errors": errors,
    }


def _ship(developer: str, day: date, what: Effects, cells: dict[str, Cells], merging: dict[str, list[float]]) -> None:
    _, skill, _ = _TEAM[developer]
    roll = dice(f"ship:{developer}", day)
    pace = skill * seasons.WORK_WEEK[day.weekday()] * seasons.level(day, 0.15) * what.merges
    commits, merged = roll.negbin(3.9 * pace, 0.5), roll.negbin(0.72 * pace, 0.3)
    cells["commits"][developer] = commits
    cells["commit_days"][developer] = 1 if commits else 0
    cells["prs_merged"][developer] = merged
    cells["prs_reopened"][developer] = roll.binomial(merged, 0.13 / skill)
    rush = 0.75 if what.merges > 1.5 else 1.0
    hours = sum(min(240.0, 12.0 * rush * roll.around(0.95)) for _ in range(merged))
    merging[developer] = [round(hours, 2), merged]
