"""SQLite keeps observations, rollups and links sorted by their key, without a second tree of row numbers."""

from __future__ import annotations

import re
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = ("metrics_observation", "metrics_rollup", "metrics_seriescut")


def cluster(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _remake(editor, lambda sql: sql if sql.rstrip().endswith("WITHOUT ROWID") else f"{sql} WITHOUT ROWID")


def spread(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _remake(editor, lambda sql: re.sub(r"\s*WITHOUT ROWID\s*$", "", sql))


def _remake(editor: BaseDatabaseSchemaEditor, change: Any) -> None:
    """Make each table anew with its rows and indexes. PostgreSQL keeps its tables as they are."""
    if editor.connection.vendor != "sqlite":
        return
    with editor.connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
            made = change(cursor.fetchone()[0])
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", [table]
            )
            indexes = [row[0] for row in cursor.fetchall()]
            cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{table}_before"')
            cursor.execute(made)
            cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{table}_before"')
            cursor.execute(f'DROP TABLE "{table}_before"')
            for index in indexes:
                cursor.execute(index)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial")]

    operations = [migrations.RunPython(cluster, spread)]
