"""What people enter: where a repository is, and which branch. Pure: nothing is asked, no file is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from livinglytics.lib.errors import Invalid

_LONGEST: Final = 1_000
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.ASCII)
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_SHORT_SSH: Final = re.compile(r"([^@/:\s]+)@([^@/:\s]+):(?!//)(.+)")
_UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
#: what git refuses in the name of a branch, and a dash that could be taken for an option
_NO_BRANCH: Final = re.compile(r"^[-/]|\.\.|//|@\{|^@$|[\x00-\x20\x7f~^:?*\[\\]|/$|\.$|\.lock(/|$)|(^|/)\.")
_FORMS: Final = (
    "Enter an address like https://git.example.com/team/app.git or git@git.example.com:team/app.git, "
    "or the full path of a folder on this server."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a repository is. ``name`` is what its numbers are filed under.

    ``scheme`` is https, ssh or local; ``path`` for https as it stands in an address, for ssh as the server gets it,
    for local a folder. ``short`` marks ``git@host:path``, whose path begins in the user's home.
    """

    scheme: str
    path: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    short: bool = False

    @property
    def text(self) -> str:
        """The address in one spelling, never with a password."""
        if self.scheme == "local":
            return self.path
        if self.short:
            return f"{self.user}@{self.host}:{self.path}"
        user = f"{self.user}@" if self.user else ""
        usual = {"https": 443, "ssh": 22}[self.scheme]
        return f"{self.scheme}://{user}{self.host}{'' if self.port == usual else f':{self.port}'}{self.path}"


def address_of(entered: str) -> Address:
    """The address in its parts. Raises Invalid for the field ``repository``."""
    text = entered.strip()
    if len(text) > _LONGEST or "\x00" in text:
        raise refused(_FORMS)
    if text.startswith("/"):
        return _local(text)
    if _UNSEEN.search(text):
        raise refused("The address holds a blank, a backslash or an invisible character.")
    if short := _SHORT_SSH.fullmatch(text):
        return _ssh(short[1], short[2].lower(), short[3], port=22, short=True)
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise refused(_FORMS) from None
    if parts.query or parts.fragment:
        raise refused("The address must not hold a question mark or #. Copy the address that git clone takes.")
    if parts.scheme == "https":
        if parts.username or parts.password or "@" in parts.netloc:
            raise refused("Take the user name and password out of the address and enter them in their own fields.")
        return _https(host, port or 443, parts.path)
    if parts.scheme == "ssh":
        if parts.password is not None:
            raise refused("Take the password out of the address. Over SSH a key is used.")
        return _ssh(parts.username or "git", host, parts.path, port=port or 22)
    if parts.scheme in ("http", "git"):
        raise refused(f"{parts.scheme}:// is not encrypted. Use the repository's https:// or ssh:// address.")
    raise refused(_FORMS)


def branch_of(entered: str) -> str:
    """The name of a branch without ``refs/heads/``; empty for the default one. Raises Invalid for ``branch``."""
    name = entered.strip().removeprefix("refs/heads/")
    if name and (len(name) > 250 or _NO_BRANCH.search(name)):
        message = "This is no name of a branch. Enter it as git shows it, like main."
        raise Invalid(message, details={"branch": [message]})
    return name


def refused(message: str) -> Invalid:
    """An error at the field ``repository``."""
    return Invalid(message, details={"repository": [message]})


def _local(text: str) -> Address:
    path = text.rstrip("/") or "/"
    return Address("local", path, _name(path.rpartition("/")[2] or path))


def _https(host: str, port: int, path: str) -> Address:
    _insist_on_host(host)
    path = quote(path.rstrip("/"), safe="/%+~@:,;=!$&'()*")
    if not path.strip("/"):
        raise refused(_FORMS)
    return Address("https", path, _name(unquote(path, errors="replace")), host, port)


def _ssh(user: str, host: str, path: str, *, port: int, short: bool = False) -> Address:
    _insist_on_host(host)
    path = path.rstrip("/")
    if not _USER.fullmatch(user) or not path.strip("/") or path.startswith("-"):
        raise refused(_FORMS)
    return Address("ssh", path, _name(path), host, port, user, short)


def _insist_on_host(host: str) -> None:
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise refused("The host name in the address is not valid.")


def _name(path: str) -> str:
    """``team/app`` out of ``/team/app.git``: the same as other services call it."""
    name = " ".join(path.strip("/~").removesuffix(".git").split())
    return name[-100:] or "repository"
