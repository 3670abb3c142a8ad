"""Numbers, texts, and what they mean."""

from metrics.models.definitions import Annotation, CustomMetric, Direction, Kind
from metrics.models.documents import BUCKET, Document
from metrics.models.facts import Clock, Cut, DataVersion, Fold, Observation, Restatement, Rollup, Series, SeriesCut

__all__ = [
    "BUCKET",
    "Annotation",
    "Clock",
    "CustomMetric",
    "Cut",
    "DataVersion",
    "Direction",
    "Document",
    "Fold",
    "Kind",
    "Observation",
    "Restatement",
    "Rollup",
    "Series",
    "SeriesCut",
]
