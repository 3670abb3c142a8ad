"""Pages of this app."""

from django.urls import URLPattern, URLResolver, path

from sources.pages import account, change, connect, jobs, keys, lists, presets, push, source, upload

urlpatterns: list[URLPattern | URLResolver] = [
    path("sources/", lists.source_list, name="source-list"),
    path("sources/add/", lists.source_catalog, name="source-catalog"),
    path("sources/add/<slug:kind>/", connect.source_connect, name="source-connect"),
    path("sources/oauth/callback/", account.callback, name="oauth-callback"),
    path("sources/uploads/<uuid:pk>/", upload.upload, name="upload"),
    path("sources/uploads/<uuid:pk>/delete/", upload.upload_delete, name="upload-delete"),
    path("sources/jobs/", jobs.job_list, name="job-list"),
    path("sources/jobs/<uuid:pk>/part/", jobs.job_part, name="job-part"),
    path("sources/jobs/<uuid:pk>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("sources/jobs/<uuid:pk>/retry/", jobs.job_retry, name="job-retry"),
    path("sources/<uuid:pk>/", source.source, name="source"),
    path("sources/<uuid:pk>/account/", account.source_account, name="source-account"),
    path("sources/<uuid:pk>/sync/", source.source_sync, name="source-sync"),
    path("sources/<uuid:pk>/pause/", source.source_pause, name="source-pause"),
    path("sources/<uuid:pk>/resume/", source.source_resume, name="source-resume"),
    path("sources/<uuid:pk>/replay/", source.source_replay, name="source-replay"),
    path("sources/<uuid:pk>/backfill/", source.source_backfill, name="source-backfill"),
    path("sources/<uuid:pk>/disconnect/", source.source_disconnect, name="source-disconnect"),
    path("sources/<uuid:pk>/settings/", change.source_settings, name="source-settings"),
    path("sources/<uuid:pk>/schedule/", change.source_schedule, name="source-schedule"),
    path("sources/<uuid:pk>/quarantine/", source.source_quarantine, name="source-quarantine"),
    path("sources/<uuid:pk>/received/", push.push_part, name="push-part"),
    path("settings/keys/", keys.key_list, name="key-list"),
    path("settings/keys/add/<slug:provider>/", keys.key_add, name="key-add"),
    path("settings/keys/<uuid:pk>/", keys.key, name="key"),
    path("settings/keys/<uuid:pk>/test/", keys.key_test, name="key-test"),
    path("settings/keys/<uuid:pk>/remove/", keys.key_remove, name="key-remove"),
    path("settings/presets/", presets.preset_list, name="preset-list"),
    path("settings/presets/add/", presets.preset_add, name="preset-add"),
    path("settings/presets/<str:preset>/", presets.preset, name="preset"),
    path("settings/presets/<str:preset>/duplicate/", presets.preset_duplicate, name="preset-duplicate"),
    path("settings/presets/<str:preset>/delete/", presets.preset_delete, name="preset-delete"),
]
