"""What Instagram refuses, what it lets be asked, and which account is meant, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadCredentials, Invalid, ProductError, RateLimited, Terminal, Transient
from sources.connectors._meta import Usage, usage_of
from sources.connectors.instagram.refusals import Meaning, NotAllowed
from sources.connectors.instagram.service import PACE
from tests.fakes import instagram_refusals as refused
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Request, down, limited
from tests.fakes.instagram import TOKEN, InstagramFake, page
from tests.fakes.instagram_refusals import IG, Refused
from tests.sources.instagram_reading import Signed, posts, reading
from tests.sources.reading import CrashedError

OTHER = "17841400000000002"
STREAMS = ("account", "followers", "posts", "numbers", "stories", "comments")


@pytest.fixture
def fake() -> Iterator[InstagramFake]:
    with InstagramFake(posts=12, comments=2) as running:
        yield running


@pytest.fixture
def reader(fake: InstagramFake) -> Signed:
    return reading(fake)


# -- limits ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "seconds"),
    [
        (refused.CASE_LIMIT, 420),
        (refused.USER_LIMIT, 900),
        (refused.APP_LIMIT, 900),
        (Refused(32, "(#32) Page request limit reached"), 900),
        (Refused(613, "(#613) Calls to this api have exceeded the rate limit.", status=403), 900),
        (Refused(4, "(#4) Application request limit reached", headers={"Retry-After": "120"}), 120),
    ],
)
def test_a_limit_is_one_whatever_its_http_status_and_waits_as_long_as_meta_says(
    reader: Signed, fake: InstagramFake, why: Refused, seconds: float
) -> None:
    fake.refuse(None, None, why)
    with pytest.raises(RateLimited) as caught:
        reader.run("posts")
    assert caught.value.retry_after == seconds
    reader.run("posts")
    assert reader.texts("posts") == posts(fake)


def test_the_usual_limit_of_the_web_is_sat_out_when_it_is_short(reader: Signed, fake: InstagramFake) -> None:
    fake.script(None, None, limited("2"))
    reader.run("posts")
    assert reader.waits == [2.0]
    assert reader.texts("posts") == posts(fake)


def test_near_the_limit_it_goes_slower(reader: Signed, fake: InstagramFake) -> None:
    fake.usage = 76
    reader.run("numbers")
    assert reader.pauses == [PACE] * (fake.requests - 1)


def test_short_of_the_limit_it_stops_and_goes_on_to_the_same_rows(reader: Signed, fake: InstagramFake) -> None:
    fake.usage = 74
    usual = fake.answer

    def rises(request: Request) -> Any:
        fake.usage += 2
        return usual(request)

    fake.answer = rises  # type: ignore[method-assign]
    with pytest.raises(RateLimited, match="used up") as caught:
        reader.run("numbers")
    assert caught.value.retry_after == 900
    fake.answer = usual  # type: ignore[method-assign]
    fake.usage = 20
    whole = reading(fake)
    whole.run("numbers")
    reader.run("numbers")
    assert (reader.rows, reader.state) == (whole.rows, whole.state)


def test_what_is_left_is_told(reader: Signed, fake: InstagramFake) -> None:
    fake.usage = 31
    assert reader.one("followers").quota["remaining"] == 69


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, Usage()),
        ({"x-app-usage": '{"call_count":28,"total_time":25,"total_cputime":31}'}, Usage(31)),
        (
            {
                "x-app-usage": '{"call_count":3}',
                "x-business-use-case-usage": '{"1":[{"call_count":96,"estimated_time_to_regain_access":19}],"2":[]}',
            },
            Usage(96, 1_140.0),
        ),
        ({"x-app-usage": "[]", "x-business-use-case-usage": '{"1":5,"2":["x",{"call_count":"7"}]}'}, Usage()),
        ({"x-app-usage": '{"call_count":Infinity,"total_time":NaN,"total_cputime":-4}'}, Usage()),
        ({"x-app-usage": "{", "x-business-use-case-usage": '{"1":[{"call_count":true}]}'}, Usage()),
    ],
)
def test_usage_is_what_is_nearest_to_its_limit_and_nonsense_is_nothing(headers: dict[str, str], usage: Usage) -> None:
    assert usage_of(Answer(200, headers, b"", "https://graph.facebook.com/")) == usage


# -- faults ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [down(500), down(503), RESET, TRUNCATED], ids=lambda one: one.kind)
@pytest.mark.parametrize("stream", STREAMS)
def test_a_fault_that_passes_changes_nothing(fake: InstagramFake, fault: Any, stream: str) -> None:
    whole, reader = reading(fake), reading(fake)
    whole.run(stream)
    fake.script(None, None, fault)
    reader.run(stream)
    assert (reader.rows, reader.state) == (whole.rows, whole.state)


def test_a_refusal_that_meta_calls_passing_is_tried_again(reader: Signed, fake: InstagramFake) -> None:
    fake.refuse(None, refused.BUSY, Refused(1, "(#1) An unknown error occurred", status=500))
    reader.run("posts")
    assert reader.texts("posts") == posts(fake)
    assert len(reader.waits) == 2


@pytest.mark.parametrize("fault", [MALFORMED, HTML], ids=lambda one: one.kind)
@pytest.mark.parametrize("stream", STREAMS)
def test_an_answer_that_can_not_be_read_is_never_a_success(fake: InstagramFake, fault: Any, stream: str) -> None:
    fake.script(None, None, *[fault] * 9)
    with pytest.raises((Terminal, Transient)):
        reading(fake).run(stream)


@pytest.mark.parametrize("stream", ["posts", "numbers", "stories", "comments"])
@pytest.mark.parametrize("body", [[], {}, {"data": None}, {"data": {}}, {"data": [], "paging": {"next": "https://x"}}])
def test_a_list_of_another_shape_is_never_a_success(
    fake: InstagramFake, monkeypatch: pytest.MonkeyPatch, stream: str, body: Any
) -> None:
    usual = fake._of_account
    monkeypatch.setattr(fake, "_of_account", lambda request, node, edge: body if edge else usual(request, node, edge))
    with pytest.raises(Terminal):
        reading(fake).run(stream)


# -- who may read --------------------------------------------------------------------------


def test_a_refused_sign_in_is_renewed_once_and_the_run_goes_on(reader: Signed, fake: InstagramFake) -> None:
    fake.admits = lambda token: token == "fresh" or fake.requests < 8
    whole = reading(fake)
    reader.token = lambda refused: "fresh" if refused or fake.requests >= 8 else TOKEN
    reader.run("numbers")
    assert [one for one in reader.refused if one] == [TOKEN]
    whole.token = lambda refused: "fresh"
    whole.run("numbers")
    assert reader.rows == whole.rows


def test_a_second_refusal_is_the_end_and_names_the_account(reader: Signed, fake: InstagramFake) -> None:
    fake.admits = lambda token: False
    with pytest.raises(BadCredentials, match="Connect the account again") as caught:
        reader.run("posts")
    assert list(caught.value.details) == ["account"]
    assert reader.refused == ["", TOKEN]


def test_a_token_that_was_entered_is_asked_with_once(fake: InstagramFake) -> None:
    fake.admits = lambda token: False
    reader = reading(fake, account="", token=TOKEN)
    with pytest.raises(BadCredentials, match="access token") as caught:
        reader.run("posts")
    assert (list(caught.value.details), fake.requests) == (["token"], 1)


@pytest.mark.parametrize("code", [10, 200, 294])
def test_a_right_that_is_missing_names_the_way_in_and_is_no_bad_token(fake: InstagramFake, code: int) -> None:
    for way, how in (("account", {}), ("token", {"account": "", "token": TOKEN})):
        fake.refuse(None, None, Refused(code, f"(#{code}) Requires instagram_manage_insights permission", status=403))
        with pytest.raises(NotAllowed, match="instagram_manage_insights") as caught:
            reading(fake, **how).run("stories")
        assert list(caught.value.details) == [way]


def test_a_refusal_without_metas_words_is_left_to_the_usual_rules() -> None:
    for body in (b"", b"<p>", b"[]", b'{"error": "x"}', b'{"error": {"code": "many"}}', b'{"error": {"code": 9999}}'):
        assert Meaning("account")(Answer(400, {}, body, "https://graph.facebook.com/")) is None


# -- which account -------------------------------------------------------------------------


def test_a_check_says_which_account_it_is_and_what_can_be_read(reader: Signed, fake: InstagramFake) -> None:
    found = reader.check()
    assert (found.ok, found.identity) == (True, "@harbor.cafe")
    assert "numbers, posts and comments can be read" in found.message
    assert (found.details["followers"], found.details["posts"], found.details["account"]) == (1_204, 12, IG)
    assert fake.requests == 3


def test_a_small_account_is_told_what_it_will_miss(reader: Signed, fake: InstagramFake) -> None:
    fake.followers = 42
    assert "fewer than 100 followers" in reader.check().message


def test_several_accounts_are_named_and_one_has_to_be_chosen(reader: Signed, fake: InstagramFake) -> None:
    fake.pages += [page("3", "No Instagram here"), page("4", "Harbor Roastery", OTHER, "harbor.roastery")]
    found = reader.check()
    assert (found.ok, found.field) == (False, "profile")
    assert "@harbor.cafe, @harbor.roastery" in found.message
    for asked in ("harbor.roastery", "@Harbor.Roastery", OTHER, f" {OTHER} "):
        assert reader.with_(profile=asked).check().details["account"] == OTHER


def test_an_unknown_account_is_answered_with_those_that_there_are(reader: Signed) -> None:
    for asked in ("@somebody", "17841400000009999"):
        found = reader.with_(profile=asked).check()
        assert (found.ok, found.field) == (False, "profile")
    assert "@harbor.cafe" in reader.with_(profile="@somebody").check().message


def test_pages_without_an_account_say_what_to_do(reader: Signed, fake: InstagramFake) -> None:
    fake.pages = [page("3", "No Instagram here")]
    found = reader.check()
    assert (found.ok, found.field) == (False, "account")
    assert "business or creator" in found.message


def test_many_pages_are_looked_through(reader: Signed, fake: InstagramFake) -> None:
    fake.pages = [*(page(str(number), f"Page {number}") for number in range(250)), *fake.pages]
    assert reader.check().identity == "@harbor.cafe"


def test_too_many_pages_ask_for_the_id(reader: Signed, fake: InstagramFake) -> None:
    fake.pages = [*(page(str(number), f"Page {number}") for number in range(1_100)), *fake.pages]
    found = reader.check()
    assert (found.ok, found.field) == (False, "profile")
    assert reader.with_(profile=IG).check().ok


def test_the_account_that_was_found_stays_the_same_one(reader: Signed, fake: InstagramFake) -> None:
    reader.run("posts")
    fake.pages.append(page("4", "Harbor Roastery", OTHER, "harbor.roastery"))
    fake.pages[0]["instagram_business_account"]["username"] = "harbor.renamed"
    fake.reset_counts()
    reader.run("posts")
    assert not fake.hits["/v26.0/me/accounts"]


def test_another_name_in_the_settings_is_looked_up_anew(reader: Signed, fake: InstagramFake) -> None:
    fake.pages.append(page("4", "Harbor Roastery", OTHER, "harbor.roastery"))
    first = reader.with_(profile="harbor.cafe")
    first.run("followers")
    second = reader.with_(profile="harbor.roastery")
    second.state = first.state
    second.run("followers")
    assert (first.state["profile"], second.state["profile"]) == (IG, OTHER)


def test_exactly_one_way_in_is_needed(fake: InstagramFake) -> None:
    both, neither = reading(fake, token=TOKEN), reading(fake, account="")
    assert [(one.check().ok, one.check().field) for one in (both, neither)] == [(False, "token"), (False, "account")]
    assert not reading(fake, account="", token="EAA with a\nbreak").check().ok
    assert fake.requests == 0
    with pytest.raises(Invalid):
        both.run("posts")


def test_a_check_at_the_limit_says_that_the_settings_work(reader: Signed, fake: InstagramFake) -> None:
    fake.refuse(None, None, refused.CASE_LIMIT)
    assert reader.check().ok


def test_a_check_without_the_right_to_numbers_names_the_account(reader: Signed, fake: InstagramFake) -> None:
    fake.refuse(None, None, refused.NO_RIGHT)
    found = reader.check()
    assert (found.ok, found.field) == (False, "account")


# -- tokens of Instagram's own login -------------------------------------------------------


@pytest.mark.parametrize("stream", STREAMS)
def test_a_token_of_instagrams_own_login_reads_the_same_without_pages(fake: InstagramFake, stream: str) -> None:
    whole, own = reading(fake), reading(fake, account="", token="IGAAfakeFake")
    whole.run(stream)
    fake.admits = lambda token: token == "IGAAfakeFake"
    fake.reset_counts()
    own.run(stream)
    assert own.rows == whole.rows
    assert not fake.hits["/v26.0/me/accounts"]


def test_a_token_of_instagrams_own_login_goes_to_instagrams_own_host(fake: InstagramFake) -> None:
    asked: list[str] = []
    own = reading(fake, account="", token="IGAAfakeFake")
    fake.admits = lambda token: True
    usual = own.context

    def noted() -> Any:
        return replace(usual(), base_url=lambda default: asked.append(default) or fake.url)

    own.context = noted  # type: ignore[method-assign]
    own.check()
    assert set(asked) == {"https://graph.instagram.com"}
    assert own.with_(profile=OTHER).check().field == "profile"


def test_every_refusal_of_the_fake_means_something() -> None:
    for name, one in vars(refused).items():
        if isinstance(one, Refused) and name.isupper():
            answer = one.answer()
            headers = {key.lower(): value for key, value in answer.headers.items()}
            meant = Meaning("account")(Answer(answer.status, headers, answer.body, "https://graph.facebook.com/"))
            assert isinstance(meant, ProductError), name


def test_a_killed_reading_and_a_wrong_sign_in_keep_what_was_read(reader: Signed, fake: InstagramFake) -> None:
    with pytest.raises(CrashedError):
        reader.run("numbers", die_after=1)
    kept = dict(reader.rows)
    fake.admits = lambda token: False
    with pytest.raises(BadCredentials):
        reader.run("numbers")
    assert reader.rows == kept
