"""Where backups may go, and who can open them. Nothing of it is in a backup."""

from __future__ import annotations

from cassandre.services_settings import MINIO_URL
from common.env import env_int, env_secret, env_str, env_url

# s3://bucket/prefix is on this server; empty: on that of the documents.
BACKUP_S3_ENDPOINT = env_url("BACKUP_S3_ENDPOINT", ("http", "https"), MINIO_URL)
BACKUP_S3_KEY = env_secret("BACKUP_S3_KEY") or env_secret("MINIO_ACCESS_KEY_ID")
BACKUP_S3_SECRET = env_secret("BACKUP_S3_SECRET") or env_secret("MINIO_SECRET_ACCESS_KEY")
BACKUP_PASSPHRASE = env_secret("BACKUP_PASSPHRASE")
BACKUP_RECIPIENT = env_str("BACKUP_RECIPIENT")
BACKUP_IDENTITY = env_secret("BACKUP_IDENTITY")
BACKUP_REMINDER_DAYS = env_int("BACKUP_REMINDER_DAYS", 0, minimum=0)
