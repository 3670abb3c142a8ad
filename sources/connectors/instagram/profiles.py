"""Which Instagram account is read: the one that was named, or the only one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.errors import BadAnswer, Invalid
from sources.connectors._values import thing, whole, words
from sources.connectors.instagram.refusals import Gone
from sources.connectors.instagram.service import Service

_ID = re.compile(r"[0-9]{3,30}", re.ASCII)
#: pages of Facebook pages that are looked through; more take longer than anybody waits
_MOST_PAGES, _SHOWN = 10, 10
_ABOUT = "id,username,name,followers_count,follows_count,media_count"
_MANY = "This Facebook account has too many pages to look through. Enter the id of the Instagram account."


@dataclass(frozen=True, slots=True)
class Profile:
    """An Instagram account as it is now. Counts that Instagram leaves out are None."""

    id: str
    username: str
    followers: int | None = None
    follows: int | None = None
    media: int | None = None

    @property
    def name(self) -> str:
        return f"@{self.username}" if self.username else self.id


def id_in(text: Any) -> str:
    """The id where the text is one; empty for anything else."""
    found = words(text)
    return found if _ID.fullmatch(found) else ""


def profile(service: Service, number: str) -> Profile:
    """The account with this id. Raises Invalid, for the field ``profile``, where it can't be read."""
    try:
        read = _own(service) if service.by_instagram else _profile(service.get(number, fields=_ABOUT))
    except Gone:
        raise _refused(
            f"Instagram knows no account {number} that may be read here. It has to be a professional one, and its page "
            "has to be allowed when the Facebook account is connected."
        ) from None
    if read.id != number:
        raise _refused(f"This access opens the Instagram account {read.name}, not {number}.")
    return read


def found(service: Service, asked: str) -> Profile:
    """The account that ``asked`` names by id or username, or the only one. Raises Invalid that says which there are."""
    if service.by_instagram:
        return _fitting(asked, [_own(service)])
    if number := id_in(asked):
        return profile(service, number)
    return profile(service, _fitting(asked, accounts(service)).id)


def accounts(service: Service) -> list[Profile]:
    """All Instagram accounts behind the pages of the Facebook account, each once."""
    known: dict[str, Profile] = {}
    fields = "id,name,instagram_business_account{id,username}"
    for number, page in enumerate(service.pages("me/accounts", fields=fields, limit=100), 1):
        for row in map(thing, page.rows):
            account = thing(row.get("instagram_business_account"))
            if name := id_in(account.get("id")):
                known.setdefault(name, Profile(name, words(account.get("username"))[:80]))
        if number >= _MOST_PAGES and page.after:
            raise _refused(
                "This Facebook account has too many pages to look through. Enter the Instagram account's id."
            )
    if not known:
        message = (
            "None of the pages that this access opens has a professional Instagram account. In Instagram, make the "
            "account a business or creator one and connect it to a Facebook page; then connect again and choose both."
        )
        raise Invalid(message, details={service.field: [message]})
    return list(known.values())


def _fitting(asked: str, known: Sequence[Profile]) -> Profile:
    name = words(asked).removeprefix("@").casefold()
    fit = [one for one in known if name in ("", one.id, one.username.casefold())]
    if len(fit) == 1:
        return fit[0]
    named = ", ".join(one.name for one in known[:_SHOWN])
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    if not fit:
        raise _refused(f"There is no Instagram account “{asked[:80]}” here. Enter one of: {named}{more}.")
    raise _refused(f"There are {len(known)} Instagram accounts. Enter one of: {named}{more}.")


def _own(service: Service) -> Profile:
    """The one account of a token of Instagram's own login. Its ``id`` there is another one, good for this app only."""
    return _profile(service.get("me", fields=f"user_id,{_ABOUT}"))


def _profile(body: dict[str, Any]) -> Profile:
    number = id_in(body.get("user_id")) or id_in(body.get("id"))
    if not number:
        raise BadAnswer("Instagram sent an account without an id.")
    counts = [whole(body.get(name)) for name in ("followers_count", "follows_count", "media_count")]
    return Profile(number, words(body.get("username"))[:80], *counts)


def _refused(message: str) -> Invalid:
    return Invalid(message, details={"profile": [message]})
