"""Trying a key with a real question to its service."""

from __future__ import annotations

from livinglytics.lib import clock
from livinglytics.lib.errors import Invalid
from sources import configuration, platforms, vault
from sources.actions.checking import check_settings
from sources.configuration import Cleaned
from sources.connectors._base import Checked
from sources.models import ApiKey, Source


def try_key(*, key: ApiKey, url: str = "") -> Checked:
    """Ask the service once with this key, about ``url`` or a target that uses it, and keep what came of it.

    Never call it inside a transaction: it waits for the web. Raises Invalid where there is nothing to ask about.
    """
    connector = configuration.connector(key.provider)
    plain = {**_asked(key, url), **key.settings}
    secrets = vault.open_sealed(key.sealed)
    found = check_settings(key.team, connector, Cleaned(plain, secrets))
    key.is_valid, key.tested_at, key.test_message = found.ok, clock.now(), found.message[:300]
    key.save(update_fields=["is_valid", "tested_at", "test_message", "updated_at"])
    return found


def _asked(key: ApiKey, url: str) -> dict[str, object]:
    if url.strip():
        found = platforms.recognise(url)
        if found.connector != key.provider:
            raise Invalid(details={"url": [f"This is an address on {found.platform}, the key is for {key.provider}."]})
        return dict(found.target.config)
    used = Source.objects.filter(api_key=key).order_by("-created_at").first()
    used = used or Source.objects.for_team(key.team).filter(kind=key.provider).order_by("-created_at").first()
    if used is None:
        raise Invalid(details={"url": ["Give an address to try the key with, such as the page of a company or video."]})
    return dict(used.config)
