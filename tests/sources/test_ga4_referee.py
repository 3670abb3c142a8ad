"""Google's own client reads from our fake: it speaks Google's tongue, not just our connector's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sources.connectors.ga4.report import Question
from tests.fakes.ga4 import PROJECT_HOUR, Ga4Fake, RefusedError

WHY = "install google-analytics-data and requests to let Google's client judge the fake"
data = pytest.importorskip("google.analytics.data_v1beta", reason=WHY)
pytest.importorskip("requests", reason=WHY)
rest = pytest.importorskip("google.analytics.data_v1beta.services.beta_analytics_data.transports.rest", reason=WHY)
service_account = pytest.importorskip("google.oauth2.service_account", reason=WHY)
exceptions = pytest.importorskip("google.api_core.exceptions", reason=WHY)
json_format = pytest.importorskip("google.protobuf.json_format", reason=WHY)
web = pytest.importorskip("google.auth.transport.requests", reason=WHY)
refused = pytest.importorskip("google.auth.exceptions", reason=WHY)
tokens = pytest.importorskip("google.oauth2.credentials", reason=WHY)


@pytest.fixture
def fake() -> Iterator[Ga4Fake]:
    with Ga4Fake(now=None) as running:
        yield running


def signed_in(fake: Ga4Fake) -> Any:
    """Credentials that Google's own library bought at the fake's token endpoint."""
    key = {**json.loads(fake.key_file()), "token_uri": f"{fake.url}/token"}
    scopes = ["https://www.googleapis.com/auth/analytics.readonly"]
    bought = service_account.Credentials.from_service_account_info(key, scopes=scopes)
    bought.refresh(web.Request())
    return tokens.Credentials(bought.token)


def client(fake: Ga4Fake) -> Any:
    transport = rest.BetaAnalyticsDataRestTransport(host=fake.url, credentials=signed_in(fake), url_scheme="http")
    return data.BetaAnalyticsDataClient(transport=transport)


def question(fake: Ga4Fake, **more: Any) -> Any:
    day = (fake.today() - timedelta(days=2)).isoformat()
    asked: dict[str, Any] = {
        "property": f"properties/{fake.number}",
        "date_ranges": [data.DateRange(start_date=day, end_date=day)],
        "dimensions": [data.Dimension(name="sessionDefaultChannelGroup"), data.Dimension(name="country")],
        "metrics": [data.Metric(name="sessions"), data.Metric(name="totalRevenue")],
        "return_property_quota": True,
    }
    return data.RunReportRequest({**asked, **more})


def test_googles_client_signs_in_and_reads_a_report(fake: Ga4Fake) -> None:
    report = client(fake).run_report(question(fake, currency_code="USD"))
    sessions = fake.history[fake.today() - timedelta(days=2)]
    assert sum(int(row.metric_values[0].value) for row in report.rows) == len(sessions)
    revenue = sum(float(row.metric_values[1].value) for row in report.rows)
    assert revenue == pytest.approx(1.25 * sum(one.revenue for one in sessions))
    assert report.row_count == len(report.rows) == len({(one.channel, one.country) for one in sessions})
    assert [header.name for header in report.dimension_headers] == ["sessionDefaultChannelGroup", "country"]
    assert [header.type_.name for header in report.metric_headers] == ["TYPE_INTEGER", "TYPE_CURRENCY"]
    assert (report.metadata.time_zone, report.metadata.currency_code) == ("Europe/Berlin", "USD")
    assert report.property_quota.tokens_per_hour.consumed == 4
    assert report.kind == "analyticsData#runReport"


def test_googles_client_pages_through_by_limit_and_offset(fake: Ga4Fake) -> None:
    whole = client(fake).run_report(question(fake))
    pages = [client(fake).run_report(question(fake, limit=7, offset=offset)) for offset in range(0, 42, 7)]
    assert [row for page in pages for row in page.rows] == list(whole.rows)
    assert {page.row_count for page in pages} == {whole.row_count}


def test_googles_client_understands_an_empty_day_and_every_flag(fake: Ga4Fake) -> None:
    day = fake.today() - timedelta(days=2)
    fake.history[day] = []
    fake.blocked = {"totalRevenue"}
    fake.metadata[day] = {
        "subjectToThresholding": True,
        "dataLossFromOtherRow": True,
        "samplingMetadatas": [{"samplesReadCount": "250", "samplingSpaceSize": "1000"}],
        "dataTruncationReasons": [{"dataTruncationType": "DATA_TRUNCATION_TYPE_CM360"}],
    }
    report = client(fake).run_report(question(fake))
    assert (len(report.rows), report.row_count) == (0, 0)
    assert report.metadata.subject_to_thresholding
    assert report.metadata.data_loss_from_other_row
    assert report.metadata.sampling_metadatas[0].sampling_space_size == 1000
    restricted = report.metadata.schema_restriction_response.active_metric_restrictions
    assert [one.metric_name for one in restricted] == ["totalRevenue"]


def test_googles_client_raises_its_own_errors_for_our_refusals(fake: Ga4Fake) -> None:
    with pytest.raises(exceptions.BadRequest, match="pageViews is not a valid metric"):
        client(fake).run_report(question(fake, metrics=[data.Metric(name="pageViews")]))
    with pytest.raises(exceptions.Forbidden, match="sufficient permissions"):
        client(fake).run_report(question(fake, property="properties/42"))
    fake.enabled = False
    with pytest.raises(exceptions.Forbidden, match="has not been used in project"):
        client(fake).run_report(question(fake))
    fake.enabled = True

    def over(report: dict[str, Any]) -> dict[str, Any]:
        raise RefusedError(429, "RESOURCE_EXHAUSTED", PROJECT_HOUR)

    fake.alter = over
    with pytest.raises(exceptions.TooManyRequests, match="tokens for a project per hour"):
        client(fake).run_report(question(fake))
    signed = client(fake)
    fake.revoke()
    with pytest.raises(refused.RefreshError):
        signed.run_report(question(fake))


def test_no_field_of_the_fakes_answers_or_of_our_questions_is_unknown_to_google(fake: Ga4Fake) -> None:
    day = fake.today() - timedelta(days=2)
    fake.metadata[day] = {"samplingMetadatas": [{"samplesReadCount": "250", "samplingSpaceSize": "1000"}]}
    told: list[dict[str, Any]] = []

    def listen(report: dict[str, Any]) -> dict[str, Any]:
        told.append(report)
        return report

    fake.alter = listen
    client(fake).run_report(question(fake))
    for report in told:
        json_format.ParseDict(report, data.RunReportResponse.pb(data.RunReportResponse()), ignore_unknown_fields=False)
    asked = Question(day, ("sessions", "totalRevenue"), ("country",), "EUR").body()
    body = {**asked, "limit": "10000", "offset": "0", "returnPropertyQuota": True}
    json_format.ParseDict(body, data.RunReportRequest.pb(data.RunReportRequest()), ignore_unknown_fields=False)
    assert told
