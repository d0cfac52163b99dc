"""The one folder of all embedded data, and the .env file read before any variable."""

from __future__ import annotations

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from common.env import env_str

BASE_DIR = Path(__file__).resolve().parent.parent
# Variables already set win over the file's.
environ.Env.read_env(BASE_DIR / ".env")

CASSANDRE_DATA = Path(env_str("CASSANDRE_DATA") or BASE_DIR / "data").resolve()
try:
    CASSANDRE_DATA.mkdir(parents=True, exist_ok=True)
except OSError as _error:
    raise ImproperlyConfigured(
        f"CASSANDRE_DATA={CASSANDRE_DATA}: the folder cannot be made ({_error.strerror})"
    ) from _error

# Hashed and compressed copies, made at the start; the image has them from its build.
STATIC_ROOT = Path(env_str("STATIC_ROOT") or CASSANDRE_DATA / "static")
