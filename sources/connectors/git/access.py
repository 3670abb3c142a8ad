"""The way to a repository: a server that was looked up and pinned, or a folder that the operator named."""

from __future__ import annotations

import base64
import ipaddress
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from livinglytics.lib.errors import AddressRefused, BadAnswer, Invalid, ProductError, ServiceDown
from sources.connectors.git.address import Address, refused
from sources.connectors.git.program import PATIENCE, Git

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.git import GitConfig

#: what most servers take as the name beside a token
USER: Final = "x-access-token"
#: 443 is where some hosts take SSH too
SSH_PORTS: Final = frozenset({22, 443})
_CONNECT_SECONDS: Final = 8
_KEY: Final = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(-----END [A-Z ]*PRIVATE KEY-----)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Way:
    """git for one server, and the URL to hand to it. ``headers`` are those of a call over https."""

    git: Git
    url: str
    headers: Mapping[str, str] | None = None

    def insist_on_empty(self, ctx: Context) -> None:
        """Raises unless a git server says that it has no branches: git takes any web page for an empty repository."""
        if self.headers is None:
            return
        answer = ctx.http.get(f"{self.url}/info/refs", params={"service": "git-upload-pack"}, headers=self.headers)
        if not answer.headers.get("content-type", "").startswith("application/x-git-"):
            message = "This address answers, but not as a git server does. Copy the address that git clone takes."
            raise BadAnswer(message, details={"repository": [message]})
        if b" refs/heads/" in answer.body:
            raise ServiceDown("The server's list of branches came only in part. It is read again later.")


def remote(ctx: Context, config: GitConfig, address: Address, home: Path, *, patience: float = PATIENCE) -> Way:
    """The way to a server. Raises Invalid for ``repository`` where it may not be called."""
    if address.scheme == "ssh":
        return Way(_over_ssh(ctx, config, address, home, patience=patience), address.text)
    base = ctx.base_url(f"https://{_place(address.host, address.port)}").rstrip("/")
    parts = urlsplit(base)
    host, port = (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
    settings, headers, secrets = {}, {}, []
    if pinned := _pinned(host, port, _looked_up(ctx, host, port)):
        settings["http.curloptResolve"] = pinned
    if token := config.token.strip():
        basic = base64.b64encode(f"{config.user.strip() or USER}:{token}".encode()).decode()
        headers = {"authorization": f"Basic {basic}"}
        settings[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = f"Authorization: Basic {basic}"
        secrets = [token, basic]
    git = Git(ctx, home, parts.scheme, settings, secrets=tuple(secrets), patience=patience)
    return Way(git, f"{base}{address.path}", headers)


def _looked_up(ctx: Context, host: str, port: int, **how: Any) -> list[str]:
    try:
        return ctx.http.addresses(host, port, **how)
    except AddressRefused as error:
        raise refused(error.message) from None
    except ProductError as error:
        if error.code == "address.unknown":
            raise refused(error.message) from None
        raise


def _pinned(host: str, port: int, addresses: list[str]) -> str:
    """What makes git connect to what was looked up and to nothing else; empty where the host is a number itself."""
    if _is_number(host):
        return ""
    return f"{host}:{port}:{','.join(f'[{one}]' if ':' in one else one for one in addresses)}"


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _over_ssh(ctx: Context, config: GitConfig, address: Address, home: Path, *, patience: float) -> Git:
    pinned = _looked_up(ctx, address.host, address.port, ports=SSH_PORTS)[0]
    key, hosts = home / "key", home / "known_hosts"
    key.touch(mode=0o600)
    key.write_text(private_key(config.ssh_key), encoding="ascii")
    hosts.write_text("".join(f"{line}\n" for line in config.host_keys), encoding="utf-8")
    place = address.host if address.port == 22 else f"[{address.host}]:{address.port}"
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": f'"{hosts}"',
        "HostName": pinned,
        "HostKeyAlias": place,
        "CheckHostIP": "no",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "PreferredAuthentications": "publickey",
        "ConnectTimeout": str(_CONNECT_SECONDS),
        "ClearAllForwardings": "yes",
        "PermitLocalCommand": "no",
        "ProxyCommand": "none",
        "ControlPath": "none",
    }
    command = ["ssh", "-F", "/dev/null", "-i", str(key)]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    more = {"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh"}
    return Git(ctx, home, "ssh", more=more, secrets=(config.ssh_key,), secret="ssh_key", patience=patience)


def private_key(pasted: str) -> str:
    """A key as ssh wants it: a field of one line loses the line breaks. Raises Invalid for ``ssh_key``."""
    found = _KEY.search(pasted)
    inside = "".join(found[2].split()) if found else ""
    if found is None or not inside or not re.fullmatch(r"[A-Za-z0-9+/=]+", inside):
        message = (
            "An SSH address needs the whole private key of a deploy key without a passphrase, "
            "from -----BEGIN to the last dash."
        )
        raise Invalid(message, details={"ssh_key": [message]})
    lines = [inside[start : start + 70] for start in range(0, len(inside), 70)]
    return "\n".join([found[1], *lines, found[3], ""])


def _place(host: str, port: int) -> str:
    return host if port == 443 else f"{host}:{port}"


def local(ctx: Context, address: Address) -> Path:
    """The git folder at a path of this server, with all that it leads to beneath what the operator named.

    Raises Invalid for ``repository``. What lies elsewhere gets the same answer whether it is there or not.
    """
    if not ctx.folders:
        raise refused("Folders of this server cannot be read: the operator has named none (GIT_LOCAL_ROOTS).")
    place = _beneath(ctx, Path(address.path))
    found = next((one for one in (place / ".git", place) if _is_repository(one)), None)
    if found is None:
        raise refused("There is no git repository in this folder. Enter the folder that holds .git, or a bare one.")
    inside = _beneath(ctx, found)
    if (inside / "commondir").exists():
        raise refused("This folder is a working tree of another repository. Enter the folder of that one.")
    for name in ("objects", "refs", "packed-refs", "HEAD", "config"):
        _beneath(ctx, inside / name)
    for line in _lines_of(inside / "objects" / "info" / "alternates"):
        _beneath(ctx, inside / "objects" / line)
    return inside


def _beneath(ctx: Context, path: Path) -> Path:
    """Where a path really leads, if that is allowed."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):
        real = Path("/")
    if not any(real.is_relative_to(folder.resolve()) for folder in ctx.folders):
        raise refused("This folder cannot be read. The operator allows folders by GIT_LOCAL_ROOTS.")
    return real


def _is_repository(folder: Path) -> bool:
    try:
        return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
    except OSError:
        return False


def _lines_of(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
