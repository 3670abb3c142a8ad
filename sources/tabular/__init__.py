"""Reading and understanding uploaded tables: CSV, TSV, JSON, NDJSON, Parquet and Excel, packed or not.

``inspect`` looks at a file, ``guess_plan`` proposes what to make of it, ``preview`` shows that,
``Import`` reads it in chunks and ``records`` turns a chunk into points or reviews.
"""

from sources.tabular.converting import Converter, Preview, RowError, RowErrors, preview
from sources.tabular.importing import Chunk, Import, records
from sources.tabular.inspecting import inspect, rows
from sources.tabular.plan import DateRole, DimensionRole, MetricRole, Plan, ReviewRoles, signature
from sources.tabular.proposing import guess_plan
from sources.tabular.shape import Column, Problem, Reading, Row, Shape

__all__ = [
    "Chunk",
    "Column",
    "Converter",
    "DateRole",
    "DimensionRole",
    "Import",
    "MetricRole",
    "Plan",
    "Preview",
    "Problem",
    "Reading",
    "ReviewRoles",
    "Row",
    "RowError",
    "RowErrors",
    "Shape",
    "guess_plan",
    "inspect",
    "preview",
    "records",
    "rows",
    "signature",
]  # fmt: skip
