import importlib

from django.apps import AppConfig

from sources.connectors import connectors


class SourcesConfig(AppConfig):
    name = "sources"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        connectors.load("sources.connectors")
        # holds models, which exist only from here on
        importlib.import_module("sources.registrations")
