"""A local git server: real repositories, served by ``git http-backend`` over HTTP, with an optional token.

Each request starts git's own CGI program, so what goes over the wire is what every git server sends.
"""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path
from urllib.parse import urlencode

from tests.fakes._server import Answer, FakeServer, Request


class GitHttp(FakeServer):
    """Serves the bare repositories beneath ``root``. ``token`` is the only good password; empty lets everybody in.

    ``moved`` sends every request elsewhere.
    """

    def __init__(self, root: Path, *, token: str = "", user: str = "x-access-token", port: int = 0) -> None:
        self.root, self.token, self.user = root, token, user
        self.moved = ""
        super().__init__(port)

    def answer(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if self.moved:
            return Answer(b"", 301, {"Location": f"{self.moved}{request.path}"})
        if self.token and headers.get("authorization") != self._good():
            return Answer(b"Who are you?", 401, {"WWW-Authenticate": 'Basic realm="git"'}, "text/plain")
        return self._backend(request, headers)

    def _good(self) -> str:
        return f"Basic {base64.b64encode(f'{self.user}:{self.token}'.encode()).decode()}"

    def _backend(self, request: Request, headers: dict[str, str]) -> Answer:
        done = subprocess.run(
            ["git", "http-backend"],
            input=request.body,
            capture_output=True,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.root),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": headers.get("git-protocol", ""),
                "REQUEST_METHOD": request.method,
                "PATH_INFO": request.path,
                "QUERY_STRING": urlencode(dict(request.query)),
                "CONTENT_TYPE": headers.get("content-type", ""),
                "CONTENT_LENGTH": str(len(request.body)),
                "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
                "REMOTE_ADDR": "127.0.0.1",
            },
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")]
        named = {name.lower(): value for name, _, value in lines if name}
        status = int(named.pop("status", "200").split()[0])
        return Answer(body, status, named, named.pop("content-type", "text/plain"))
