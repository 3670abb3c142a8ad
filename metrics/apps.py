from importlib import import_module

from django.apps import AppConfig

from metrics.catalog import definitions


class MetricsConfig(AppConfig):
    name = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        definitions.load("metrics.catalog")
        import_module("metrics.actions.team")
        import_module("metrics.questions")
