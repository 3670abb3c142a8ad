"""One run of a tap: its lines as they come, and its end for certain.

The tap and all that it starts are one process group, so that none of it stays behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Self

from livinglytics.lib import clock
from livinglytics.lib.errors import BadAnswer, Invalid, ServiceDown
from livinglytics.lib.text import excerpt
from sources.connectors._values import thing, words
from sources.connectors.singer.workplace import Workplace

#: seconds without a sign of life after which a tap is given up
SILENCE = 300.0
#: seconds between two looks at whether somebody cancelled
STEP = 0.5
#: seconds that a tap gets to end by itself
GRACE = 5.0
#: bytes of one line
LONGEST = 10_000_000
_PIECE = 65_536
_LOGGED = 4_000
_METRIC = re.compile(r"METRIC: (\{.*\})")


class Log:
    """The last lines of what a tap logs, without secrets. ``told``: what its last count of records says."""

    def __init__(self, hide: Callable[[str], str]) -> None:
        self._hide = hide
        self._rest = b""
        self._lines: deque[str] = deque(maxlen=20)
        self.told = ""

    def add(self, piece: bytes) -> None:
        """The rest of a very long line is dropped: its pieces could show half a secret."""
        *whole, rest = (self._rest + piece).split(b"\n")
        self._rest = rest[:_LOGGED]
        for line in whole:
            self._note(line)

    def last(self) -> str:
        """The last line that says something, ready to be shown."""
        if self._rest:
            self._note(self._rest)
            self._rest = b""
        return next((line for line in reversed(self._lines) if line), "")

    def _note(self, line: bytes) -> None:
        # hidden before it is cut: half a secret is one too
        text = words(self._hide(line[:_LOGGED].decode("utf-8", "replace")))
        found = _METRIC.search(text)
        if not found:
            self._lines.append(excerpt(text, 250))
            return
        metric = _json(found[1])
        if metric.get("metric") == "record_count":
            tags = thing(metric.get("tags"))
            name = words(tags.get("stream") or tags.get("endpoint")) or "the tap"
            self.told = excerpt(f"{name}: {metric.get('value')} records", 200)


class Tap:
    """A started tap, as a context manager that ends it. Raises Invalid (``tap``) when it can't be started.

    ``within``: seconds after which it is given up even while it talks; None for no limit.
    """

    def __init__(
        self,
        place: Workplace,
        arguments: Sequence[str],
        cancelled: Callable[[], bool],
        *,
        within: float | None = None,
    ) -> None:
        self.log = Log(place.hide)
        self.stopped = False
        self._cancelled = cancelled
        self._until = None if within is None else clock.monotonic() + within
        self._within = within
        try:
            self._process = subprocess.Popen(
                [place.program, "--config", str(place.config), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=place.folder,
                env=place.environment(),
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            message = f"The tap can't be started ({error.strerror}). The operator has to correct SINGER_TAPS."
            raise Invalid(message, details={"tap": [message]}) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self._signal(signal.SIGTERM)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        # also what the tap itself started and left behind
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def lines(self) -> Iterator[bytes]:
        """Each line of its output, and an empty one for every step without news.

        Ends early with ``stopped`` set once somebody cancels. Raises BadAnswer when the tap fails, and ServiceDown
        when it falls silent.
        """
        rest = bytearray()
        for piece in self._pieces():
            rest += piece
            whole: list[bytes] = []
            if b"\n" in piece:
                *whole, last = bytes(rest).split(b"\n")
                rest = bytearray(last)
            if max(len(rest), *map(len, whole), 0) > LONGEST:
                raise BadAnswer(f"The tap sent a line of more than {LONGEST:,} bytes. Leave out its largest fields.")
            yield from (line for line in whole if line.strip())
            if not piece:
                yield b""
        if self.stopped:
            return
        if rest.strip():
            yield bytes(rest)
        self._insist_on_success()

    def _pieces(self) -> Iterator[bytes]:
        with selectors.DefaultSelector() as ready:
            for pipe in (self._process.stdout, self._process.stderr):
                ready.register(_given(pipe), selectors.EVENT_READ)
            silent = 0.0
            while ready.get_map():
                if self._cancelled():
                    self.stopped = True
                    return
                self._insist_on_time()
                found = ready.select(STEP)
                silent = 0.0 if found else silent + STEP
                if silent >= SILENCE:
                    raise ServiceDown(f"The tap said nothing for {SILENCE:.0f} seconds and was ended.")
                for key, _ in found:
                    yield from self._taken(ready, key.fileobj)
                if not found:
                    if self._process.poll() is not None:
                        return
                    yield b""

    def _taken(self, ready: selectors.BaseSelector, pipe: Any) -> Iterator[bytes]:
        piece = os.read(pipe.fileno(), _PIECE)
        if not piece:
            ready.unregister(pipe)
        elif pipe is self._process.stderr:
            self.log.add(piece)
        else:
            yield piece

    def _insist_on_time(self) -> None:
        if self._until is not None and clock.monotonic() > self._until:
            raise ServiceDown(f"The tap did not end within {self._within:.0f} seconds. Try again.")

    def _insist_on_success(self) -> None:
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            raise BadAnswer(
                "The tap closed its output and did not end. It was ended; nothing proves it whole."
            ) from None
        if code:
            said = self.log.last()
            how = f"was ended by signal {-code}" if code < 0 else f"failed (exit {code})"
            message = f"The tap {how}: {said}" if said else f"The tap {how} and said nothing about it."
            raise BadAnswer(message, details={"config": [message]})


def _given(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("The tap was started without pipes.")
    return pipe


def _json(text: str) -> dict[str, Any]:
    try:
        return thing(json.loads(text))
    except (ValueError, RecursionError):
        return {}
