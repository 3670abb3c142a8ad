"""What git says when it fails, as the errors of the product. Its messages are English under ``LC_ALL=C``."""

from __future__ import annotations

import re
from typing import Final

from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, ProductError, RateLimited, ServiceDown, Terminal
from livinglytics.lib.text import excerpt

#: git does not tell how long a server asks to wait
SLOW_DOWN: Final = 300.0
_STATUS: Final = re.compile(r"(?:returned error:|HTTP) (\d{3})")
_REFUSED: Final = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied \(|"
    r"HTTP Basic: Access denied|Load key .*(?:invalid|error)|invalid credentials",
    re.IGNORECASE,
)
_GONE: Final = re.compile(
    r"not found|does not appear to be a git repository|not valid: is this a git repository|does not exist|"
    r"could not be found|not a git repository",
    re.IGNORECASE,
)
_MOVED: Final = re.compile(r"redirect", re.IGNORECASE)
_AWAY: Final = re.compile(
    r"Could not resolve host|Failed to connect|Connection (?:refused|reset|closed|timed out)|timed out|early EOF|"
    r"hung up|RPC failed|unexpected disconnect|Empty reply|Recv failure|transfer closed|index-pack failed|"
    r"fetch-pack: |unexpected end of|bad line length|protocol error|Could not read from remote|expected flush|"
    r"invalid index-pack|unable to read sha1|expected response end packet|No route to host",
    re.IGNORECASE,
)
_NOT_SHALLOW: Final = re.compile(
    r"does not support (?:--)?(?:shallow|depth|deepen)|error processing shallow info|"
    r"dumb http transport does not support shallow",
    re.IGNORECASE,
)
_FULL: Final = re.compile(r"No space left|Disk quota exceeded", re.IGNORECASE)


class NotShallow(Terminal):
    """The server cannot send only a part of the history."""

    code = "git.not_shallow"
    status = 502


def meaning(said: str, *, secret: str = "token") -> ProductError:
    """The error for what git wrote before it failed, without secrets. ``secret`` is the setting that grants access."""
    if _NOT_SHALLOW.search(said):
        return NotShallow("The server cannot send only a part of the history.")
    status = next((int(one) for one in _STATUS.findall(said)), 0)
    if "Host key verification failed" in said or "host key" in said.lower():
        return _at("host_keys", "The server's SSH key is not known. Enter its line of known_hosts as the server's key.")
    if status in (401, 403) or _REFUSED.search(said):
        return _credentials(secret)
    if status in range(300, 400) or _MOVED.search(said):
        return _at("repository", "The server sends to another address. Enter the final one; often it ends in .git.")
    if status == 429:
        return RateLimited("The server asks us to slow down.", retry_after=SLOW_DOWN, scope="git")
    if status >= 500:
        return ServiceDown(f"The server of the repository answered with an error ({status}).")
    if "certificate" in said.lower():
        message = "The certificate of the server is not valid, so nothing was sent. Check the address."
        return Terminal(message, code="service.certificate", status=502)
    if status in (404, 410) or _GONE.search(said):
        return _at("repository", "There is no such repository, or it may not be read with these settings. Check both.")
    if _FULL.search(said):
        return ServiceDown("There is no space left on this server for a copy of the repository.")
    if _AWAY.search(said):
        return ServiceDown("The connection to the server of the repository broke off.")
    return BadAnswer(f"git could not read the repository: {excerpt(_last_line(said), 200) or 'no reason given'}")


def _credentials(secret: str) -> BadCredentials:
    if secret == "ssh_key":
        message = "The server refused the SSH key. Check that its public part may read the repository."
    else:
        message = "The server refused the access. Enter a token that may read the repository, or check the user name."
    return BadCredentials(message, details={secret: [message]})


def _at(field: str, message: str) -> Invalid:
    return Invalid(message, details={field: [message]})


def _last_line(said: str) -> str:
    lines = [line.strip() for line in re.split(r"[\r\n]+", said) if line.strip()]
    named = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (named or lines or [""])[0]
