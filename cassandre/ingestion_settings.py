"""Passages, the reading of files, and where they may come from."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from common.env import env_float, env_int, env_list, env_secret, env_str, env_url

SPLIT_CHUNK_SIZE = env_int("SPLIT_CHUNK_SIZE", 1000, minimum=100, maximum=20_000)
SPLIT_CHUNK_OVERLAP = env_int("SPLIT_CHUNK_OVERLAP", 100, maximum=10_000)
if SPLIT_CHUNK_OVERLAP * 2 > SPLIT_CHUNK_SIZE:
    raise ImproperlyConfigured(
        f"SPLIT_CHUNK_OVERLAP={SPLIT_CHUNK_OVERLAP}: at most half of SPLIT_CHUNK_SIZE"
        f"={SPLIT_CHUNK_SIZE}"
    )
INGESTION_MAX_PAGES = env_int("INGESTION_MAX_PAGES", 5000, minimum=1)
INGESTION_TIMEOUT_S = env_int("INGESTION_TIMEOUT_S", 600, minimum=1)
# Below 256 the parsers of PPTX and XLSX do not even load.
INGESTION_MEMORY_MB = env_int("INGESTION_MEMORY_MB", 2048, minimum=256)
SOURCES_ALLOWED_HOSTS = env_list("SOURCES_ALLOWED_HOSTS")
SOURCES_USER_AGENT = env_str("SOURCES_USER_AGENT", "Cassandre")
SOURCES_DELAY_S = env_float("SOURCES_DELAY_S", 1, minimum=0, maximum=60)
SOURCES_MAX_FILES = env_int("SOURCES_MAX_FILES", 10_000, minimum=1, maximum=100_000)
SOURCES_S3_ENDPOINT = env_url("SOURCES_S3_ENDPOINT", ("http", "https"))
SOURCES_S3_KEY = env_secret("SOURCES_S3_KEY")
SOURCES_S3_SECRET = env_secret("SOURCES_S3_SECRET")
SOURCES_S3_BUCKETS = env_list("SOURCES_S3_BUCKETS")
CLAMAV_HOST = env_str("CLAMAV_HOST")
CLAMAV_PORT = env_int("CLAMAV_PORT", 3310, minimum=1, maximum=65535)
PURGE_AFTER_DAYS = env_int("PURGE_AFTER_DAYS", 30, minimum=0)
