"""What people paste: repositories and the host of an Enterprise server. Pure, no network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from livinglytics.lib.errors import Invalid

API = "https://api.github.com"
MOST_REPOSITORIES = 50
_OWN_HOSTS = frozenset({"", "github.com", "www.github.com", "api.github.com"})
_REPOSITORY = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,99})/([A-Za-z0-9._-]{1,100})", re.ASCII)
_SSH = re.compile(r"(?:ssh://)?git@[^:/\s]+[:/](.+)")


def repositories(lines: Iterable[str] | str) -> list[str]:
    """Each repository once as ``owner/name``, in the order given. Raises Invalid for the field ``repositories``."""
    given = lines.splitlines() if isinstance(lines, str) else lines
    found: dict[str, str] = {}
    for line in given:
        if text := line.strip():
            name = _repository(text)
            found.setdefault(name.lower(), name)
    if not found:
        raise _invalid("repositories", "Enter at least one repository, like octocat/hello-world.")
    if len(found) > MOST_REPOSITORIES:
        raise _invalid(
            "repositories", f"One source reads at most {MOST_REPOSITORIES} repositories. Connect the others as another."
        )
    return list(found.values())


def _repository(text: str) -> str:
    path = text
    if ssh := _SSH.fullmatch(text):
        path = ssh[1]
    elif "://" in text or text.lower().startswith(("github.com/", "www.github.com/")):
        pieces = _path(text if "://" in text else f"https://{text}").strip("/").split("/")
        path = "/".join(pieces[:2])
    path = path.removesuffix(".git")
    found = _REPOSITORY.fullmatch(path)
    if found is None or found[2] in (".", ".."):
        raise _invalid("repositories", f"“{text[:80]}” is not a repository. It looks like octocat/hello-world.")
    return path


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def api_address(host: str) -> str:
    """Where the REST interface is: github.com's for an empty host. Raises Invalid for the field ``host``."""
    text = host.strip().rstrip("/")
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        name, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        name, port, parts = "", None, urlsplit("")
    if text and (not re.fullmatch(r"[a-z0-9.-]+", name) or parts.scheme not in ("http", "https") or parts.username):
        raise _invalid(
            "host", "This is not a host name. It looks like github.example.com; leave it empty for github.com."
        )
    if name in _OWN_HOSTS:
        return API
    if name.endswith(".ghe.com"):
        return f"https://{name if name.startswith('api.') else f'api.{name}'}"
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}/api/v3"


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, details={field: [message]})
