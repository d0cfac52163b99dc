"""A bad deployment fails at boot, in one line that names the variable and its value."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

PROD = "cassandre.prod_settings"
SECRET = "s" * 32
SERVICES = {
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/1",
    "DB_HOST": "127.0.0.1",
    "QDRANT_URL": "http://127.0.0.1:6333",
    "CHANNEL_REDIS": "redis://127.0.0.1:6379/0",
    "MINIO_URL": "https://files.example.org",
}

NONSENSE = {
    "DB_PORT": ["many", "0", "70000", "5432.5"],
    "DB_POOL_SIZE": ["0", "-1"],
    "MAX_UPLOAD_MB": ["0", "2GB"],
    "SPLIT_CHUNK_SIZE": ["99", "1e3"],
    "SPLIT_CHUNK_OVERLAP": ["-1", "half"],
    "INGESTION_CONCURRENCY": ["0", "1000"],
    "MODEL_FIRST_TOKEN_TIMEOUT_S": ["soon", "0"],
    "MODEL_CONTEXT_TOKENS": ["999", "16k"],
    "MODEL_MAX_SECONDS": ["0"],
    "MODEL_TRIES": ["0", "11"],
    "MODEL_MAX_WAIT_S": ["-1"],
    "MODEL_FALLBACKS": ["gpt-small"],
    "EMBEDDING_DIMENSIONS": ["-3", "9000"],
    "SHARED_FILES": ["perhaps"],
    "MINIO_URL": ["127.0.0.1:9000", "s3://bucket", "http://"],
    "QDRANT_URL": ["qdrant:6333", "grpc://qdrant:6334"],
    "CHANNEL_REDIS": ["localhost:6379", "http://redis"],
    "CELERY_BROKER_URL": ["redis", "sqs://queue"],
    "OPENAI_BASE_URL": ["api.example.org/v1"],
    "PARADIGM_HOST": ["paradigm.example.org"],
    "WEBSOCKET_URL": ["https://cassandre.example.org"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in NONSENSE.items() for value in values]
)
def test_nonsense_is_refused_with_its_name_and_value(boot, name, value):
    services = SERVICES if name == "CELERY_BROKER_URL" else {}
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(f'{name}={value}'.rstrip('/'))}"):
        boot(**services | {"DB_HOST": "127.0.0.1", name: value})


def test_an_overlap_of_more_than_half_a_passage_is_refused(boot):
    with pytest.raises(ImproperlyConfigured, match=r"^SPLIT_CHUNK_OVERLAP=600.*SIZE=1000"):
        boot(SPLIT_CHUNK_OVERLAP="600")


def test_an_answer_of_more_than_half_the_context_is_refused(boot):
    with pytest.raises(ImproperlyConfigured, match=r"^MODEL_MAX_TOKENS=9000.*TOKENS=16000"):
        boot(MODEL_MAX_TOKENS="9000")


def test_paradigms_model_may_be_a_fallback_without_another_server(boot):
    assert boot(PARADIGM_MODEL="alfred", MODEL_FALLBACKS="alfred")["MODEL_FALLBACKS"] == ["alfred"]


def test_a_secret_file_that_cannot_be_read_is_refused(boot, tmp_path):
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY_FILE=.*missing"):
        boot(SECRET_KEY_FILE=str(tmp_path / "missing"))


def test_a_secret_can_come_from_a_file(boot, tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    assert boot(SECRET_KEY_FILE=str(tmp_path / "secret"))["SECRET_KEY"] == SECRET


@pytest.mark.parametrize("missing", ["DB_HOST", "QDRANT_URL", "CHANNEL_REDIS", "MINIO_URL"])
def test_separate_workers_without_a_shared_part_are_refused(boot, missing):
    with pytest.raises(ImproperlyConfigured, match=rf"^CELERY_BROKER_URL=.* need {missing}"):
        boot(**SERVICES | {missing: ""})


def test_separate_workers_with_every_shared_part_are_accepted(boot):
    assert boot(**SERVICES)["EMBEDDED_WORKER"] is False
    assert boot(**SERVICES | {"MINIO_URL": "", "SHARED_FILES": "true"})["EMBEDDED_WORKER"] is False


@pytest.mark.parametrize("secret", ["", "short", "development-only-secret"])
def test_production_refuses_a_secret_that_is_not_one(boot, secret):
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY"):
        boot(PROD, SECRET_KEY=secret, ALLOWED_HOSTS="cassandre.example.org")


def test_production_refuses_debug(boot):
    with pytest.raises(ImproperlyConfigured, match=r"^DEBUG=true"):
        boot(PROD, SECRET_KEY=SECRET, ALLOWED_HOSTS="cassandre.example.org", DEBUG="true")


def test_production_refuses_to_answer_to_no_host(boot):
    with pytest.raises(ImproperlyConfigured, match=r"^ALLOWED_HOSTS"):
        boot(PROD, SECRET_KEY=SECRET)


def test_production_is_secure_unless_it_is_told_otherwise(boot):
    good = {"SECRET_KEY": SECRET, "ALLOWED_HOSTS": "cassandre.example.org"}
    secure = boot(PROD, **good)
    assert secure["SECURE_SSL_REDIRECT"]
    assert secure["SESSION_COOKIE_SECURE"]
    assert secure["CSRF_COOKIE_SECURE"]
    assert secure["SECURE_HSTS_SECONDS"] == 31_536_000
    plain = boot(PROD, **good, HTTPS="false")
    assert not plain["SESSION_COOKIE_SECURE"]
    assert plain["SECURE_HSTS_SECONDS"] == 0
