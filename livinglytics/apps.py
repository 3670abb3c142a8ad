from importlib import import_module

from django.apps import AppConfig


class LivingLyticsConfig(AppConfig):
    name = "livinglytics"

    def ready(self) -> None:
        # every process rings through the configured Celery app, web ones too
        import_module("livinglytics.celery")
        import_module("livinglytics.starting").register()
