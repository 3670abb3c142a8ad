"""``python -m bench [names…] [--quick]``: measure, then print one table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.measure import Figure
from bench.places import ROOT, Places, places

#: in the order of the table, each with the database it is given
NAMES = {
    "ingest": "postgres",
    "ingest_sqlite": "sqlite",
    "queries": "postgres",
    "web": "postgres",
    "sockets": "postgres",
    "exports": "postgres",
    "paging": "postgres",
    "startup": "sqlite",
    "pipeline": "postgres",
    "pipeline_memory": "postgres",
}


def main() -> int:
    """0 when everything ran, however fast; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and size beside other ways.")
    parser.add_argument("names", nargs="*", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes, three rounds")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    unknown = set(given.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; choose from {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the databases go with it
    print(f"{os.cpu_count()} cores, {_memory():.0f} GB of memory, Python {platform.python_version()}\n")
    figures: list[Figure] = []
    failed = []
    with places() as made:
        for name in given.names or NAMES:
            found = measure(made, name, quick=given.quick)
            figures += found or []
            if found is None:
                failed.append(name)
    show(figures)
    if given.json:
        given.json.write_text(json.dumps([one.as_dict() for one in figures], indent=1))
    for name in failed:
        print(f"not measured: {name}")
    return 1 if failed else 0


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def measure(made: Places, name: str, *, quick: bool) -> list[Figure] | None:
    """One benchmark in its own process and database; None when it failed."""
    load, start = os.getloadavg()[0], time.monotonic()
    print(f"{name}: load average {load:.2f}", flush=True)
    place = made.sqlite if NAMES[name] == "sqlite" else made.postgres
    result = made.folder / f"{name}.json"
    with place(name) as env:
        command = [sys.executable, "-m", "bench.one", name, str(result), *(["--quick"] if quick else [])]
        done = subprocess.run(command, cwd=ROOT, env=env, check=False)
    if done.returncode:
        return None
    # servers under load raise the average by themselves: what counts is what was going on before
    noisy = "noisy" if load > 1.5 * (os.cpu_count() or 1) else ""
    figures = [Figure(**one) for one in json.loads(result.read_text())]
    figures = [replace(one, note="; ".join(part for part in (noisy, one.note) if part)) for one in figures]
    show(figures)
    print(f"{name}: {time.monotonic() - start:.0f} s, load average {os.getloadavg()[0]:.2f}\n", flush=True)
    return figures


def short(value: float) -> str:
    """A number with three or four digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:.3g}"


def show(figures: list[Figure]) -> None:
    """The table, as Markdown."""
    if not figures:
        return
    head = ("", "what", "ours", "other", "beside", "ratio", "bar", "reached", "note")
    rows = [
        (
            one.code,
            one.name,
            f"{short(one.ours)} {one.unit}",
            f"{short(one.other)} {one.unit}",
            one.other_name,
            short(one.ratio),
            f"{'≥' if one.sense == 'at least' else '≤'} {one.bar:.3g}",
            "yes" if one.reached else "NO",
            one.note,
        )
        for one in figures
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        print("| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |")


if __name__ == "__main__":
    raise SystemExit(main())
