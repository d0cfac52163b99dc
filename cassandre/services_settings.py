"""Each part is embedded unless its variable names a service: database, files, sockets, tasks."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from cassandre.data_settings import CASSANDRE_DATA
from common.database import SSL_MODES, postgres_options
from common.env import (
    env_bool,
    env_choice,
    env_file,
    env_int,
    env_secret,
    env_str,
    env_url,
    without_password,
)

DB_HOST = env_str("DB_HOST")
QDRANT_URL = env_url("QDRANT_URL", ("http", "https"))
QDRANT_API_KEY = env_secret("QDRANT_API_KEY")
MINIO_URL = env_url("MINIO_URL", ("http", "https"))
CHANNEL_REDIS = env_url("CHANNEL_REDIS", ("redis", "rediss"), secret=True)
CELERY_BROKER_URL = env_url("CELERY_BROKER_URL", ("redis", "rediss", "amqp", "amqps"), secret=True)
EMBEDDED_WORKER = not CELERY_BROKER_URL
# A file store that all processes see: S3, or a folder which the operator says is shared.
SHARED_FILES = bool(MINIO_URL) or env_bool("SHARED_FILES", False)

if CELERY_BROKER_URL:
    _needed = {
        "DB_HOST": DB_HOST,
        "QDRANT_URL": QDRANT_URL,
        "CHANNEL_REDIS": CHANNEL_REDIS,
        "MINIO_URL (or SHARED_FILES=true)": SHARED_FILES,
    }
    _missing = [name for name, value in _needed.items() if not value]
    if _missing:
        raise ImproperlyConfigured(
            f"CELERY_BROKER_URL={without_password(CELERY_BROKER_URL)}: "
            "separate processes also need " + ", ".join(_missing)
        )


# --- database ---------------------------------------------------------------------------------
if DB_HOST:
    DATABASES: dict[str, dict[str, Any]] = {
        "default": {
            "ENGINE": "common.postgresql",
            "HOST": DB_HOST,
            "PORT": env_int("DB_PORT", 5432, minimum=1, maximum=65535),
            "NAME": env_str("DB_NAME", "cassandre"),
            "USER": env_str("DB_USER", "cassandre"),
            "PASSWORD": env_secret("DB_PASSWORD"),
            # With a psycopg pool, Django must not keep connections of its own.
            "CONN_MAX_AGE": 0,
            "OPTIONS": postgres_options(
                pool_size=env_int("DB_POOL_SIZE", 10, minimum=1),
                statement_timeout_s=env_int("DB_STATEMENT_TIMEOUT_S", 60, maximum=86_400),
                ssl={
                    "sslmode": env_choice("DB_SSLMODE", SSL_MODES),
                    "sslrootcert": env_file("DB_SSLROOTCERT"),
                    "sslcert": env_file("DB_SSLCERT"),
                    "sslkey": env_file("DB_SSLKEY"),
                },
            ),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": CASSANDRE_DATA / "cassandre.sqlite3",
            # Opening a file and setting it up costs more than most queries.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # IMMEDIATE takes the write lock at BEGIN: waiting writers queue on `timeout`
                # instead of failing when a read turns into a write.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }

# --- files ------------------------------------------------------------------------------------
if MINIO_URL:
    DOCUMENTS_STORAGE: dict[str, Any] = {
        "BACKEND": "common.storage.MinioStorage",
        "OPTIONS": {
            "url": MINIO_URL,
            "access_key": env_secret("MINIO_ACCESS_KEY_ID"),
            "secret_key": env_secret("MINIO_SECRET_ACCESS_KEY"),
            "bucket": env_str("MINIO_STORAGE_BUCKET_NAME", "cassandre"),
        },
    }
else:
    DOCUMENTS_STORAGE = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": CASSANDRE_DATA / "files", "base_url": None},
    }

# --- what is counted for a short time: log-in limits ---------------------------------------------
if CHANNEL_REDIS:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "common.cache.SharedCache",
            "LOCATION": CHANNEL_REDIS,
            "KEY_PREFIX": "cassandre",
            # A Redis that hangs must not hang the sign-in page.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- sockets and tasks ------------------------------------------------------------------------
if CHANNEL_REDIS:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [CHANNEL_REDIS]},
        }
    }
else:
    CHANNEL_LAYERS = {
        # The default capacity of 100 drops messages under a burst of progress events.
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 2000}}
    }

INGESTION_CONCURRENCY = env_int("INGESTION_CONCURRENCY", 2, minimum=1, maximum=64)
