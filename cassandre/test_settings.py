"""The test suite: embedded parts in a temporary folder, or services from the environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Before the base settings are read: tests must not see a developer's .env data folder.
os.environ["CASSANDRE_DATA"] = tempfile.mkdtemp(prefix="cassandre-test-")
for _name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "PARADIGM_HOST", "EMBEDDING_MODEL"):
    os.environ[_name] = ""

# Suites that run side by side: each has databases of Redis of its own, two of them.
if (_worker := os.environ.get("PYTEST_XDIST_WORKER", "")) and os.environ.get("CHANNEL_REDIS"):
    _server = os.environ["CHANNEL_REDIS"].rpartition("/")[0]
    os.environ["CHANNEL_REDIS"] = f"{_server}/{2 * int(_worker.removeprefix('gw'))}"

# Each test has an event loop of its own, whose threads give their connections back late.
os.environ.setdefault("DB_POOL_SIZE", "60")

from cassandre.base_settings import *

SECRET_KEY = "test-secret-of-more-than-thirty-two-characters"  # noqa: S105 (tests only)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Found where they are written: nothing is collected for tests.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LANGUAGE_CODE = "en"
ACCOUNT_RATE_LIMITS = False
if not DB_HOST:
    # A file, not :memory:, because async tests and worker threads share the database.
    DATABASES["default"]["TEST"] = {"NAME": Path(os.environ["CASSANDRE_DATA"]) / "test.sqlite3"}
