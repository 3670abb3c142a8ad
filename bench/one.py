"""One benchmark in a process of its own: ``python -m bench.one ingest RESULT.json [--quick]``."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

import django


def main() -> None:
    """Set Django up on the database that the environment names, measure, write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("result", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    django.setup()
    figures = importlib.import_module(f"bench.{given.name}").run(quick=given.quick, rounds=3 if given.quick else 5)
    given.result.write_text(json.dumps([one.as_dict() for one in figures]))


if __name__ == "__main__":
    main()
