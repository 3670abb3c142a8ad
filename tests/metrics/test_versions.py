"""The data version: read by the shortest way there is, and the same by every way."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from metrics import versions

on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")


@pytest.mark.django_db(transaction=True)
def test_the_version_is_the_same_inside_and_outside_a_transaction_and_while_somebody_listens() -> None:
    team = uuid4()
    assert versions.current(team) == (0, 0)
    versions.bump(team)
    versions.bump(team, definitions=True)
    with CaptureQueriesContext(connection) as seen:
        listened = versions.current(team)
    assert len(seen) == 1
    with transaction.atomic():
        versions.bump(team)
        inside = versions.current(team)
        transaction.set_rollback(True)
    assert (versions.current(team), listened, inside) == ((2, 1), (2, 1), (3, 1))


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_cut_is_told_as_ever_and_replaced() -> None:
    team = uuid4()
    versions.bump(team)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [mine])
    other.close()
    with pytest.raises(OperationalError):
        versions.current(team)
    connection.close_if_unusable_or_obsolete()
    assert versions.current(team) == (1, 0)


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_a_missing_table_is_an_error_of_the_usual_kind() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE metrics_dataversion RENAME TO elsewhere")
    try:
        with pytest.raises(ProgrammingError):
            versions.current(uuid4())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO metrics_dataversion")
