"""The same reviews loaded by dlt into the same PostgreSQL: ``python -m bench.opponents.dlt_load``.

dlt's own way: pages from its ``requests`` helper, merged by the review's id, its default settings. It flattens the
reviews into columns; it keeps no raw rows beside them, no daily counts, and no checkpoint before the whole load.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import dlt
from dlt.destinations import postgres
from dlt.sources.helpers import requests

from bench.child import cost_of

ADDRESS = "/IUserReviewsService/GetAppReviews/v1"
QUESTION = {"appid": 620, "filter": 2, "languages": ["all"], "review_type": 0, "purchase_type": 1, "num_per_page": 100}


@dlt.resource(name="reviews", primary_key="recommendationid", write_disposition="merge")
def reviews() -> Iterator[list[dict[str, Any]]]:
    """All pages, newest change first."""
    cursor = "*"
    while True:
        question = json.dumps({**QUESTION, "cursor": cursor})
        answer = requests.get(os.environ["STEAM_BASE_URL"] + ADDRESS, params={"input_json": question})
        body = answer.json()["response"]
        if not body.get("reviews"):
            return
        yield body["reviews"]
        cursor = body["cursor"]


def load() -> int:
    """Extract, normalize, load; the rows in the table."""
    where = urlsplit(os.environ["DATABASE_URL"])
    # dlt insists on a password, also where the server asks for none
    who = f"{where.username}:{where.password or 'none'}@{where.hostname}:{where.port or 5432}"
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=os.environ["DATA_DIR"],
        destination=postgres(f"postgresql://{who}{where.path}"),
        dataset_name="dlt_bench",
    )
    pipeline.run(reviews()).raise_on_failed_jobs()
    with pipeline.sql_client() as client:
        found: Any = client.execute_sql("SELECT count(*) FROM reviews")
    return int(found[0][0])


def main() -> None:
    print(json.dumps(cost_of(load)))


if __name__ == "__main__":
    main()
