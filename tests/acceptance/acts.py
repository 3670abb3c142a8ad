"""What may happen at a service, in the words of the kit. A case plays each act, or says why there is no such thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

#: the end of an act that can be undone
Undo = Callable[[], Any]
#: an act may return what undoes it
Acts = Mapping[str, Callable[[], Any]]

ALL: Final = {
    "nothing": "there is nothing to read: no review, no call, no commit",
    "add": "something new appears, on top where the service lists the newest first",
    "edit": "one thing that was read changes",
    "remove": "one thing that was read goes",
    "restate": "the numbers of a day that is over change",
    "oddity": "something appears that holds signs of all scripts, and nothing where the service may leave out",
    "lose": "the target is unknown to the service",
    "lock": "the service refuses the key, or the sign-in was taken back",
    "forbid": "the key is good and may not read this",
    "expire": "the access token ends before its time and can be had anew",
    "limit": "the service's own way to say that it was asked too often",
    "ring": "a page names itself as the next one",
}
#: what an ``oddity`` is told with
ODD: Final = "Ünïcode 🎉 日本語 עברית \u202e\u0000 ' \" <b>&amp; \\"
ODD_SIGN: Final = "日本語"

# reasons that more than one case gives
NO_KEY: Final = "read without a key"
PLAIN_KEY: Final = "the key holds until somebody withdraws it (lock)"
READINGS: Final = "its numbers are readings of the day on which they are taken"
ONE_PAGE: Final = "everything comes in one answer"
ONLY_429: Final = "its limit is a plain 429, as the kit scripts it for all"
ONLY_NUMBERS: Final = "only numbers are read: an edit is a day that is restated"
