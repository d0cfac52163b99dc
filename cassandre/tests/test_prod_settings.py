"""What production adds: proxies, TLS to PostgreSQL, and nothing for `check --deploy` to say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]
PROD = "cassandre.prod_settings"
GOOD = {
    "SECRET_KEY": "".join(chr(33 + (7 * n) % 90) for n in range(64)),
    "ALLOWED_HOSTS": "cassandre.example.org",
}
SERVICES = {
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/1",
    "DB_HOST": "127.0.0.1",
    "QDRANT_URL": "http://127.0.0.1:6333",
    "CHANNEL_REDIS": "redis://127.0.0.1:6379/0",
    "MINIO_URL": "https://files.example.org",
    "MINIO_ACCESS_KEY_ID": "key",
    "MINIO_SECRET_ACCESS_KEY": "secret",
}


@pytest.mark.parametrize("services", [{}, SERVICES], ids=["embedded", "services"])
def test_djangos_check_for_production_has_nothing_to_say(services, env_example, tmp_path):
    clean = {name: value for name, value in os.environ.items() if name not in env_example}
    data = {"CASSANDRE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": PROD}
    # Set and empty, so that a developer's .env says nothing.
    nothing = dict.fromkeys(env_example, "")
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=ROOT,
        env=clean | nothing | data | GOOD | services,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert "no issues" in done.stdout
    assert done.returncode == 0


def test_what_a_proxy_says_is_believed_only_where_there_is_one(boot):
    behind = boot(PROD, **GOOD)
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert behind["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    alone = boot(PROD, **GOOD, HTTPS="false")
    assert alone["SECURE_PROXY_SSL_HEADER"] is None
    assert alone["ALLAUTH_TRUSTED_PROXY_COUNT"] == 0
    inside = boot(PROD, **GOOD, HTTPS="false", TRUSTED_PROXIES="2")
    assert inside["ALLAUTH_TRUSTED_PROXY_COUNT"] == 2


def test_https_without_a_proxy_that_ends_it_is_refused(boot):
    with pytest.raises(ImproperlyConfigured, match=r"^TRUSTED_PROXIES=0"):
        boot(PROD, **GOOD, TRUSTED_PROXIES="0")


def test_tls_to_postgresql_is_libpqs_own(boot, tmp_path):
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("PEM")
    found = boot(
        DB_HOST="db.example.org",
        DB_SSLMODE="verify-full",
        DB_SSLROOTCERT=str(tmp_path / "ca"),
        DB_SSLCERT=str(tmp_path / "cert"),
        DB_SSLKEY=str(tmp_path / "key"),
    )["DATABASES"]["default"]["OPTIONS"]
    assert found["sslmode"] == "verify-full"
    assert found["sslrootcert"] == str(tmp_path / "ca")
    assert (found["sslcert"], found["sslkey"]) == (str(tmp_path / "cert"), str(tmp_path / "key"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"DB_SSLMODE": "yes"}, r"^DB_SSLMODE=yes: expected disable"),
        ({"DB_SSLMODE": "verify-ca"}, r"^DB_SSLMODE=verify-ca: DB_SSLROOTCERT"),
        ({"DB_SSLROOTCERT": "/no/where.pem"}, r"^DB_SSLROOTCERT=/no/where.pem: No such file"),
        ({"DB_SSLCERT": "/etc/passwd"}, r"^DB_SSLCERT and DB_SSLKEY"),
        ({"DB_STATEMENT_TIMEOUT_S": "long"}, r"^DB_STATEMENT_TIMEOUT_S=long"),
    ],
)
def test_tls_that_would_check_nothing_is_refused(boot, given, said):
    with pytest.raises(ImproperlyConfigured, match=said):
        boot(DB_HOST="127.0.0.1", **given)


def test_the_server_ends_what_takes_too_long(boot):
    options = boot(DB_HOST="127.0.0.1", DB_STATEMENT_TIMEOUT_S="90")["DATABASES"]["default"]
    assert "-c statement_timeout=90s" in options["OPTIONS"]["options"]
    assert "-c lock_timeout=15s" in options["OPTIONS"]["options"]


def test_log_in_limits_are_shared_where_processes_are_many(boot):
    assert boot()["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")
    shared = boot(CHANNEL_REDIS="rediss://redis.example.org:6379/0")["CACHES"]["default"]
    assert shared["BACKEND"] == "common.cache.SharedCache"
    assert shared["LOCATION"] == "rediss://redis.example.org:6379/0"
