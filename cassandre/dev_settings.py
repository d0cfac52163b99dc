"""Development: DEBUG, unhashed static files, everything embedded unless .env says otherwise."""

from __future__ import annotations

from cassandre.base_settings import *

DEBUG = True
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Found where they are written, and read again when they change.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# First: it gives runserver its ASGI server. Not in production, where it would only cost memory.
INSTALLED_APPS = ["daphne", *INSTALLED_APPS]
