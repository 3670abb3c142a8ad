"""Running git: nothing of this process's surroundings goes along, and nothing outlives its reader."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from livinglytics.lib.errors import ServiceDown, Terminal, Transient
from livinglytics.lib.secrets import Redactor
from sources.connectors.git.refusals import meaning

if TYPE_CHECKING:
    from sources.connectors._base import Context

#: seconds without a byte after which git counts as stuck
PATIENCE: Final = 300.0
#: ``http.curloptResolve``, which pins an address, came with it
OLDEST: Final = (2, 37)
_STEP: Final = 0.25
_CHUNK: Final = 65_536
_MOST_SAID: Final = 16_000
#: all that git may see of this process's environment: no database, no keys, no proxies, no identity
_PASSED_ON: Final = ("PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO")
_SETTINGS: Final = {
    # larger files count as no text, so that comparing them takes no memory
    "core.bigFileThreshold": "50m",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.pager": "cat",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.recurseSubmodules": "false",
    "http.followRedirects": "false",
    "http.proxy": "",
    "transfer.unpackLimit": "1",
    "protocol.allow": "never",
}


@dataclass(slots=True)
class Git:
    """The program for one run. ``home`` is an empty folder; ``protocol`` the only one git may speak, or none.

    ``settings`` are git's own, given by the environment alone. ``secret`` names the setting that a refusal is about.
    """

    ctx: Context
    home: Path
    protocol: str = "none"
    settings: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    secret: str = "token"
    patience: float = PATIENCE

    def environment(self) -> dict[str, str]:
        """What git gets to see, all of it."""
        found = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        found |= {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": self.protocol,
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        settings = {**_SETTINGS, **self.settings}
        found["GIT_CONFIG_COUNT"] = str(len(settings))
        for number, (name, value) in enumerate(settings.items()):
            found |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return found | dict(self.more)

    def insist_on_version(self) -> None:
        """Raises Terminal where git is missing or too old to be pinned to an address."""
        said = self.text("version")
        found = re.search(r"(\d+)\.(\d+)", said)
        if found is None or (int(found[1]), int(found[2])) < OLDEST:
            message = f"git on this server is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed. Ask the operator."
            raise Terminal(message, code="git.too_old", status=503)

    def text(self, *arguments: str, fine: Collection[int] = (0,)) -> str:
        """All that git writes, for short answers; empty where it fails with a code that is ``fine``."""
        written = b"".join(self.stream(*arguments, fine=fine))
        return written.decode("utf-8", "replace").strip()

    def lines(self, *arguments: str, given: Path | None = None) -> Iterator[str]:
        """The lines that git writes, one by one."""
        rest = b""
        for chunk in self.stream(*arguments, given=given):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")
        if rest:
            yield rest.decode("utf-8", "replace")

    def succeeds(self, *arguments: str) -> bool:
        """Whether git ends well; for questions whose no is an exit code."""
        with self._started(arguments) as process:
            for _ in self._chunks(process, bytearray()):
                pass
            return process.wait() == 0

    def stream(
        self,
        *arguments: str,
        given: Path | None = None,
        fine: Collection[int] = (0,),
        watch: Callable[[], None] | None = None,
    ) -> Iterator[bytes]:
        """What git writes, as it comes. ``given`` is a file it reads; ``watch`` is called again and again meanwhile.

        Raises what the refusal means, Transient when it is cancelled, ServiceDown when git falls silent.
        """
        said = bytearray()
        with self._started(arguments, given) as process:
            yield from self._chunks(process, said, watch)
            code = process.wait()
        if code not in fine:
            raise meaning(Redactor(self.secrets)(said.decode("utf-8", "replace")), secret=self.secret)

    @contextlib.contextmanager
    def _started(self, arguments: tuple[str, ...], given: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """A git of a group of its own. However the block is left, nobody of the group lives on."""
        with open(given or os.devnull, "rb") as source:
            try:
                process = subprocess.Popen(
                    ["git", *arguments],
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=self.home,
                    env=self.environment(),
                    start_new_session=True,
                )
            except FileNotFoundError:
                message = "git is not installed on this server. Ask the operator to install it."
                raise Terminal(message, code="git.missing", status=503) from None
        with process:
            try:
                yield process
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)

    def _chunks(
        self, process: subprocess.Popen[bytes], said: bytearray, watch: Callable[[], None] | None = None
    ) -> Iterator[bytes]:
        """Standard output; the last of what is said on the other goes to ``said``."""
        silent = 0.0
        with selectors.DefaultSelector() as selector:
            for pipe in filter(None, (process.stdout, process.stderr)):
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(_STEP)
                self._stop_if_told()
                if watch is not None:
                    watch()
                silent = 0.0 if ready else silent + _STEP
                if silent >= self.patience:
                    raise ServiceDown("The server of the repository did not answer in time.")
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is process.stdout:
                        yield chunk
                    else:
                        said += chunk
                        del said[:-_MOST_SAID]

    def _stop_if_told(self) -> None:
        if self.ctx.cancelled():
            # the runner's wait ends a run that was cancelled in its own way
            self.ctx.pause(_STEP)
            raise Transient("The reading was stopped.")
