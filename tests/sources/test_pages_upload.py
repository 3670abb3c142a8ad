"""From a file to numbers by page: nothing is guessed over a person's head, nothing bad is stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Team, User
from sources.models import Job, JobStatus, Quarantined, SavedMapping, Source, UploadedFile
from tests.sources.scripted import Memory, run

pytestmark = pytest.mark.django_db
HEAD = "date;visits;country;revenue\n"
ROWS = [f"0{d}/0{m}/2026;{d * m * 10};{'de' if d % 2 else 'fr'};{d},5\n" for m in (3, 4) for d in range(1, 9)]
AMBIGUOUS = HEAD + "".join(ROWS)
BAD = HEAD + ROWS[0] + "02/03/2026;many;de;1,5\n" + "".join(ROWS[2:])
CLEAR = "day,orders\n" + "".join(f"2026-03-{n + 1:02},{n}\n" for n in range(20))
REVIEWS = "date,review,stars,author\n" + "".join(
    f"2026-03-{n + 1:02},A long enough text about the harbor number {n},{n % 5 + 1},Nia {n}\n" for n in range(12)
)


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def browser(member: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(member)


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content[:3000]
    return str(answer.content.decode())


def send(browser: Client, body: str | bytes, name: str = "visits.csv") -> Any:
    data = body.encode() if isinstance(body, str) else body
    return browser.post("/sources/add/upload/", {"file": SimpleUploadedFile(name, data, "text/csv")})


def uploaded(browser: Client, body: str, name: str = "visits.csv") -> str:
    answer = send(browser, body, name)
    assert answer.status_code == 302, answer.content[:3000]
    return str(answer["Location"])


def fields(page: str) -> dict[str, str]:
    """What a browser would send back from the form."""
    form = page[page.index('id="mapping"') :]
    form = form[: form.index("</form>")]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = _attr(tag, "name"), _attr(tag, "type")
        if name and (kind not in ("checkbox", "radio") or "checked" in tag):
            found[name] = _attr(tag, "value")
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r"<option[^>]*>", inner)
        chosen = next((one for one in options if "selected" in one), options[0])
        found[name] = _attr(chosen, "value")
    found.pop("csrfmiddlewaretoken", None)
    return found


def _attr(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def test_an_ambiguous_day_is_asked_about_with_both_readings(browser: Client) -> None:
    url = uploaded(browser, AMBIGUOUS)
    page = text(browser.get(url))
    assert "01/03/2026 is 1 March 2026 (DD/MM/YYYY)" in page
    assert "01/03/2026 is 3 January 2026 (MM/DD/YYYY)" in page
    assert "semicolon" in page
    refused = text(browser.post(url, fields(page) | {"step": "import"}), 422)
    assert "A wrong guess would put numbers on wrong days" in refused
    assert not Source.objects.exists()
    shown = text(browser.post(url, fields(page) | {"format_0": "MM/DD/YYYY"}))
    assert ">2026-01-03</td>" in shown


def test_the_whole_way_from_file_to_source(browser: Client) -> None:
    url = uploaded(browser, AMBIGUOUS)
    given = fields(text(browser.get(url))) | {"format_0": "DD/MM/YYYY", "name": "Shop", "step": "import"}
    answer = browser.post(url, given)
    source = Source.objects.get()
    assert answer["Location"] == f"/sources/{source.pk}/"
    page = text(browser.get(answer["Location"]))
    assert "Upload of Shop" in page
    job, sink = Job.objects.get(), Memory()
    assert run(job, sink) == JobStatus.SUCCEEDED, job.error_message
    points = [one for landing in sink.landings for one in landing.records]
    assert {one.at.isoformat() for one in points} >= {"2026-03-01", "2026-04-08"}
    assert {one.dimensions["country"] for one in points} == {"de", "fr"}
    assert "See the numbers" in text(browser.get(f"/sources/jobs/{job.pk}/part/"))
    assert "visits.csv" in text(browser.get(f"/sources/{source.pk}/"))


def test_a_bad_row_is_named_in_the_preview_and_stops_the_import(browser: Client) -> None:
    url = uploaded(browser, AMBIGUOUS)
    roles = fields(text(browser.get(url))) | {"format_0": "DD/MM/YYYY"}
    url = uploaded(browser, BAD)
    given = fields(text(browser.get(url))) | roles
    shown = text(browser.post(url, given))
    assert "1 of them can&#x27;t be stored" in shown or "1 of them can't be stored" in shown
    assert "Column &#x27;visits&#x27;: &#x27;many&#x27; is not a number" in shown
    browser.post(url, given | {"step": "import"})
    job = Job.objects.get()
    assert run(job) == JobStatus.FAILED
    page = text(browser.get(f"/sources/{job.source_id}/"))
    assert "row 3: column &#x27;visits&#x27;" in page
    assert f'href="{url}"' in page, "the way back to the columns"
    browser.post(url, given | {"step": "import", "partial": "on", "target": str(job.source_id)})
    again = Job.objects.order_by("-created_at").first()
    assert again is not None
    assert run(again) == JobStatus.SUCCEEDED, again.error_message
    assert Quarantined.objects.count() == 1
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "upload"),
        (b"day,orders\n", "no row below it"),
        (b"PK\x03\x04" + b"\0" * 40, "workbook"),
    ],
)
def test_a_file_that_is_no_table_says_why_and_leaves_nothing(
    browser: Client, files: Path, body: bytes, says: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(browser, body)
    assert says in text(answer, 422).lower()
    assert 'class="error-text"' in answer.content.decode()
    assert not UploadedFile.objects.exists()
    assert [one for one in files.rglob("*") if one.is_file()] == []


def test_a_file_above_the_limit_is_refused_and_the_limit_is_said(browser: Client, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 2_000_000
    assert "At most 2 MB" in text(browser.get("/sources/add/upload/"))
    assert "larger than 2 MB" in text(send(browser, b"day,orders\n" + b"2026-01-01,1\n" * 200_000), 422)
    assert not UploadedFile.objects.exists()
    assert "Choose a file" in text(browser.post("/sources/add/upload/"), 422)


def test_columns_as_last_time_are_recognised(browser: Client) -> None:
    first = uploaded(browser, AMBIGUOUS)
    given = fields(text(browser.get(first))) | {"format_0": "DD/MM/YYYY", "role_3": "", "step": "import"}
    browser.post(first, given)
    run(Job.objects.get())
    second = uploaded(browser, AMBIGUOUS.replace("2026", "2025"), "before.csv")
    page = text(browser.get(second))
    assert "Columns as last time" in page
    again = fields(page)
    assert (again["format_0"], again["role_3"]) == ("DD/MM/YYYY", "")
    source = Source.objects.get()
    assert browser.post(second, again | {"target": str(source.pk), "step": "import"}).status_code == 302
    assert Source.objects.count() == 1
    assert SavedMapping.objects.count() == 1


def test_roles_change_step_by_step(browser: Client) -> None:
    url = uploaded(browser, CLEAR)
    given = fields(text(browser.get(url)))
    none = text(browser.post(url, given | {"role_0": ""}), 422)
    assert "Choose the column that holds the date" in none
    assert "Only one column can be the date" in text(browser.post(url, given | {"role_1": "date"}), 422)
    nothing = text(browser.post(url, given | {"role_1": ""}), 422)
    assert "Choose at least one column of numbers" in nothing
    changed = {key: value for key, value in given.items() if not key.endswith("_1")} | {
        "role_1": "metric",
        "kind_1": "mean",
    }
    assert "orders" in text(browser.post(url, changed))
    assert browser.post(url, changed | {"step": "import"}).status_code == 302


def test_a_key_that_can_t_be_is_refused(browser: Client) -> None:
    url = uploaded(browser, CLEAR)
    given = fields(text(browser.get(url))) | {"key_1": "Not A Key!", "step": "import"}
    assert "is not a key" in text(browser.post(url, given), 422)
    assert not Source.objects.exists()


def test_a_file_is_read_again_in_another_way(browser: Client) -> None:
    url = uploaded(browser, CLEAR)
    given = fields(text(browser.get(url)))
    page = text(browser.post(url, given | {"header": "no", "step": "read"}))
    assert "Column 1" in page
    assert fields(page)["header"] == "no"


def test_zero_days_and_the_zone_of_times_are_kept_in_the_plan(browser: Client) -> None:
    body = "when,orders\n" + "".join(f"2026-03-{n + 1:02} 14:30,{n}\n" for n in range(20))
    url = uploaded(browser, body)
    given = fields(text(browser.get(url)))
    assert given["zone_0"] == "Europe/Berlin"
    browser.post(url, given | {"zone_0": "America/New_York", "zero_days": "on", "step": "import"})
    plan = SavedMapping.objects.get().plan
    assert (plan["date"]["zone"], plan["zero_days"]) == ("America/New_York", True)


def test_reviews_are_previewed_as_texts(browser: Client) -> None:
    url = uploaded(browser, REVIEWS, "reviews.csv")
    page = text(browser.get(url))
    assert "A long enough text about the harbor number 0" in page
    assert fields(page)["scale_2"] == "1-5"
    assert browser.post(url, fields(page) | {"step": "import"}).status_code == 302
    assert SavedMapping.objects.get().plan["review"]["text"] == "review"


def test_somebody_else_s_file_and_source_are_not_found(
    browser: Client, stranger: User, other_team: Team, signed_in: Callable[[User], Client], viewer: User
) -> None:
    url = uploaded(browser, CLEAR)
    theirs = signed_in(stranger)
    assert theirs.get(url).status_code == 404
    assert theirs.post(f"{url}delete/").status_code == 404
    assert signed_in(viewer).get(url).status_code == 403
    given = fields(text(browser.get(url)))
    elsewhere = Source.objects.create(team=other_team, kind="upload", name="Theirs", slug="theirs")
    answer = browser.post(url, given | {"target": str(elsewhere.pk), "step": "import"})
    assert answer.status_code in (302, 422)
    assert not Job.objects.filter(source=elsewhere).exists()


def test_a_file_is_deleted_from_its_page(browser: Client, files: Path, django_capture_on_commit_callbacks: Any) -> None:
    url = uploaded(browser, CLEAR)
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(f"{url}delete/")["Location"] == "/sources/"
    assert [one for one in files.rglob("*") if one.is_file()] == []
