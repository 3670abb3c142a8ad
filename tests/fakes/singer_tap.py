"""A Singer tap in plain Python. It tells what a file says, so that a test can change it between two runs.

Called as ``tap --config C [--discover] [--catalog F] [--state S]``. The config's ``world`` names a JSON file:
``{"streams": {name: {"keys": [...], "rows": [{... "n": 1}]}}, "every": 3, "faults": {...}}``. Rows are sent in the
order of their whole number ``n``, from the bookmark on and including it (at least once), STATE every ``every`` rows.
The file is run by itself, in an environment of its own: it imports nothing of the product, and little besides, because
every test starts it more than once.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def send(**message: Any) -> None:
    print(json.dumps(message), flush=True)


def discover(world: dict[str, Any]) -> None:
    streams = []
    for name, one in world["streams"].items():
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
        metadata = [
            {"breadcrumb": [], "metadata": {"table-key-properties": one["keys"], "inclusion": "available"}},
            {"breadcrumb": ["properties", "n"], "metadata": {"inclusion": "automatic"}},
        ]
        streams.append({"tap_stream_id": name, "stream": name, "schema": schema, "metadata": metadata})
    print(json.dumps({"streams": streams}, indent=2))


def selected(path: str) -> list[str]:
    """As taps do it: what the catalog's metadata switches on."""
    return [
        one["tap_stream_id"]
        for one in load(path)["streams"]
        if any(each["breadcrumb"] == [] and each["metadata"].get("selected") for each in one["metadata"])
    ]


def rows(world: dict[str, Any], names: list[str], state: dict[str, Any]) -> None:
    marks = dict(state.get("bookmarks", {}))
    faults, sent = world.get("faults", {}), 0
    for name in names:
        one = world["streams"][name]
        if faults.get("skips") == name:
            continue
        send(type="SCHEMA", stream=name, schema={"type": "object"}, key_properties=one["keys"])
        for row in sorted(one["rows"], key=lambda row: row.get("n", 0)):
            if row.get("n", 0) < marks.get(name, {}).get("replication_key_value", 0):
                continue
            send(type="RECORD", stream=name, record=row, time_extracted="2026-11-20T00:00:00Z")
            sent += 1
            during(faults, sent)
            marks = {**marks, name: {"replication_key_value": row.get("n", 0)}}
            if world.get("every") and sent % world["every"] == 0:
                send(type="STATE", value={"bookmarks": marks})
        metric = {"type": "counter", "metric": "record_count", "value": len(one["rows"]), "tags": {"endpoint": name}}
        print(f"INFO METRIC: {json.dumps(metric)}", file=sys.stderr, flush=True)
    if not faults.get("no_state"):
        send(type="STATE", value=faults.get("state", {"bookmarks": marks}))


def during(faults: dict[str, Any], sent: int) -> None:
    """What goes wrong once so many rows were sent."""
    if sent != faults.get("after", 1):
        return
    for line in faults.get("rubbish", []):
        print(line, flush=True)
    if "long" in faults:
        print("x" * faults["long"], flush=True)
    if "hang" in faults:
        hang(faults)
    if "crash" in faults:
        raise KeyError(faults["crash"])


def hang(faults: dict[str, Any]) -> None:
    import signal
    import subprocess
    import time

    if faults["hang"] == "ignoring":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if faults["hang"] == "politely":
        signal.signal(signal.SIGTERM, polite)
    child = subprocess.Popen(["sleep", "600"])
    save(faults["pids"], f"{os.getpid()} {child.pid}")
    time.sleep(600)


def polite(*_: Any) -> None:
    """As the usual kit for taps does: a last STATE, and an exit that looks like success."""
    send(type="STATE", value={"bookmarks": {"rows": {"replication_key_value": 999}}})
    sys.exit(0)


def main() -> None:
    arguments = sys.argv[1:]
    given = {
        name: arguments[place + 1]
        for place, name in enumerate(arguments)
        if name.startswith("--") and name != "--discover"
    }
    config = load(given["--config"])
    world = load(config["world"])
    faults = world.get("faults", {})
    if "spy" in world:
        modes = {one: oct(os.stat(one).st_mode & 0o777) for one in os.listdir()}
        seen = {"environment": dict(os.environ), "cwd": os.getcwd(), "modes": modes, "arguments": arguments}
        save(world["spy"], json.dumps(seen))
    if faults.get("refuses"):
        raise SystemExit(f"CRITICAL the token {config['api_token']} was refused")
    if faults.get("rotates"):
        save(given["--config"], json.dumps({**config, "refresh_token": "the next one"}))
    if "--discover" in arguments:
        print(faults["catalog"]) if "catalog" in faults else discover(world)
        return
    rows(world, selected(given["--catalog"]), load(given["--state"]) if "--state" in given else {})


if __name__ == "__main__":
    main()
