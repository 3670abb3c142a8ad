"""errors, registry, ids, secrets, text, clock."""

from __future__ import annotations

import pickle
import sys
import threading
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from livinglytics.lib import clock
from livinglytics.lib.errors import Invalid, RateLimited, ServiceDown, Terminal, Transient
from livinglytics.lib.ids import uuid7
from livinglytics.lib.registry import Registry, UnknownKey
from livinglytics.lib.secrets import CannotOpen, Redactor, Sealer, fingerprint, hash_token, mask, new_token
from livinglytics.lib.text import excerpt, slugify_unique


@dataclass(frozen=True)
class Thing:
    key: str


def test_an_error_carries_code_status_details_and_fields() -> None:
    error = RateLimited(retry_after=90.0, scope="github", details={"limit": 5000})
    assert isinstance(error, Transient)
    assert (error.code, error.status, error.retry_after, error.scope) == ("rate_limited", 429, 90.0, "github")
    assert error.details == {"limit": 5000}
    assert str(error) == error.message
    assert ServiceDown().retry_after is None
    assert Terminal("No.", code="service.refused").code == "service.refused"
    assert Invalid(details={"email": ["Needed."]}).status == 422


def test_an_error_survives_the_trip_between_processes() -> None:
    error = pickle.loads(pickle.dumps(RateLimited("Slow down.", retry_after=5.0, details={"a": 1})))
    assert (type(error), error.message, error.retry_after, error.details) == (RateLimited, "Slow down.", 5.0, {"a": 1})


def test_a_registry_finds_entries_by_key_in_order() -> None:
    things: Registry[Thing] = Registry("thing")
    b, a = things.add(Thing("b")), things.add(Thing("a"))
    assert things.all() == [a, b]
    assert things.keys() == ["a", "b"]
    assert "a" in things
    assert "c" not in things
    assert things.get("a") is a


def test_a_decorated_class_is_stored_as_an_instance_and_stays_a_class() -> None:
    things: Registry[object] = Registry("thing")

    @things.add
    class Decorated:
        key = "decorated"

    assert isinstance(Decorated, type)
    assert isinstance(things.get("decorated"), Decorated)


def test_a_key_may_be_used_once() -> None:
    things: Registry[Thing] = Registry("thing")
    things.add(Thing("a"))
    with pytest.raises(ValueError, match="two thing entries"):
        things.add(Thing("a"))
    with pytest.raises(ValueError, match="needs a key"):
        things.add(Thing(""))


def test_an_unknown_key_names_what_there_is() -> None:
    things: Registry[Thing] = Registry("thing")
    things.add(Thing("a"))
    with pytest.raises(UnknownKey) as caught:
        things.get("z")
    assert isinstance(caught.value, Terminal)
    assert caught.value.message == "There is no thing called “z”."
    assert caught.value.known == ["a"]
    with pytest.raises(UnknownKey, match=r"\{x\}"):
        things.get("{x}")


def test_loading_a_folder_imports_every_module_but_the_private_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "plugins_for_this_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("seen = []\n")
    for name in ("one", "two", "_base"):
        (folder / f"{name}.py").write_text(f"from plugins_for_this_test import seen\nseen.append('{name}')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[Thing] = Registry("thing")
    registry.load("plugins_for_this_test")
    registry.load("plugins_for_this_test")
    assert sys.modules["plugins_for_this_test"].seen == ["one", "two"]


def test_ids_increase_also_within_a_millisecond_and_across_threads() -> None:
    mine = [uuid7() for _ in range(10_000)]
    assert mine == sorted(set(mine))
    assert {one.version for one in mine} == {7}
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.extend(str(uuid7()) for _ in range(2000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 8000


def test_an_id_tells_when_it_was_made() -> None:
    assert abs((uuid7().int >> 80) / 1000 - clock.now().timestamp()) < 2


def test_the_clock_is_aware_and_can_be_held() -> None:
    with time_machine.travel("2026-01-02T03:04:05Z", tick=False):
        assert clock.now().isoformat() == "2026-01-02T03:04:05+00:00"
    assert clock.now().tzinfo is UTC
    before = clock.monotonic()
    clock.sleep(-1)
    assert clock.monotonic() - before < 1


def test_a_sealed_secret_opens_again_and_only_with_its_key() -> None:
    sealer = Sealer([Sealer.new_key()])
    sealed = sealer.seal("ключ 🔑")
    assert "ключ" not in sealed
    assert sealer.open(sealed) == "ключ 🔑"
    for foreign in (Sealer([Sealer.new_key()]).seal("x"), "", "rubbish", "ü", sealed[:-3] + "abc"):
        with pytest.raises(CannotOpen):
            sealer.open(foreign)


def test_keys_are_changed_without_losing_a_secret() -> None:
    old, new = Sealer.new_key(), Sealer.new_key()
    sealed = Sealer([old]).seal("secret")
    both = Sealer([new, old])
    assert both.open(sealed) == "secret"
    assert Sealer([new]).open(both.rotate(sealed)) == "secret"
    with pytest.raises(CannotOpen):
        Sealer([new]).rotate(sealed)


@pytest.mark.parametrize("keys", [[], ["short"], ["x" * 44]])
def test_a_bad_key_is_explained_without_showing_it(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="new_key") as caught:
        Sealer(keys)
    assert not any(key in str(caught.value) for key in keys)


def test_masks_and_fingerprints_tell_little() -> None:
    assert mask("abcdefghijklmnopqrstuvwxyz") == "abcd…wxyz"
    assert mask("hunter2") == "•••"
    assert mask("") == ""
    assert fingerprint("a") == fingerprint("a") != fingerprint("b")
    assert len(fingerprint("a")) == 16


def test_tokens_are_long_random_and_prefixed() -> None:
    one, two = new_token("ll"), new_token("ll_")
    assert one.startswith("ll_")
    assert two.startswith("ll_")
    assert one != two
    assert len(one) == len(two) == 46
    assert hash_token("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def test_known_secrets_are_taken_out_in_every_spelling() -> None:
    redact = Redactor(["p@ss wörd/1", "tok", "", "abcd"])
    text = "p@ss wörd/1 p%40ss%20w%C3%B6rd%2F1 p%40ss+w%C3%B6rd%2F1 cEBzcyB3w7ZyZC8x token abcd"
    assert redact(text) == "••• ••• ••• ••• token •••"
    assert Redactor(["12345", "1234567"]).redact("1234567 12345") == "••• •••"


def test_a_slug_is_plain_and_free() -> None:
    assert slugify_unique("Straße & Café Ltd.", set()) == "strasse-and-cafe-ltd"
    assert slugify_unique("Acme", {"acme", "acme-2"}) == "acme-3"
    assert slugify_unique("日本", set()) == "item"
    long = slugify_unique("x" * 80, {"x" * 50})
    assert long == "x" * 48 + "-2"


@given(st.text(), st.integers(0, 40))
def test_an_excerpt_is_never_longer_than_asked(text: str, n: int) -> None:
    found = excerpt(text, n)
    assert len(found) <= n
    assert "\n" not in found


def test_an_excerpt_ends_between_words_and_keeps_characters_whole() -> None:
    assert excerpt("one two three", 13) == "one two three"
    assert excerpt("one two three four", 12) == "one two…"
    assert excerpt("  many \n blanks  ", 20) == "many blanks"
    assert excerpt("👍🏽👍🏽👍🏽", 4) == "👍🏽…"
    assert excerpt("abcdefgh", 5) == "abcd…"
