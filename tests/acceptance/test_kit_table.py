"""The documentation names every act of the kit, and every case that can't play it with its reason."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.acceptance.acts import ALL
from tests.acceptance.case import all_cases
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "subsystems" / "acceptance-kit.md"
START, END = "<!-- acts -->\n", "<!-- end of acts -->\n"


def written() -> Iterator[str]:
    """The part of the page that tells of acts."""
    yield "\n| act | what happens | not played by |\n|---|---|---|\n"
    for act, what in ALL.items():
        reasons: dict[str, list[str]] = {}
        for case in all_cases():
            if act in case.absent:
                reasons.setdefault(case.absent[act], []).append(case.id)
        without = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
        yield f"| `{act}` | {what} | {without or 'nobody'} |\n"
    yield "\n| case | what stays, and why |\n|---|---|\n"
    for case in all_cases():
        for why in dict.fromkeys(filter(None, (case.keeps, case.counts, case.shows))):
            yield f"| {case.id} | {why} |\n"
    yield "\n"


def test_the_page_tells_what_each_case_plays_and_why_not() -> None:
    """``KIT_TABLE=write`` writes it anew."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    wanted = before + START + "".join(written()) + END + after
    if os.environ.get("KIT_TABLE") == "write":
        PAGE.write_text(wanted, encoding="utf-8")
    assert page == wanted, "run this test with KIT_TABLE=write and look at what changed"
