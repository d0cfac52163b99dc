"""Each secret can come from a file, and none is said in a message."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from common.env import env_secret, env_url, without_password
from scripts.env_table import secrets

SECRETS = secrets()


def test_the_list_is_made_from_the_code():
    assert {"SECRET_KEY", "DB_PASSWORD", "CHANNEL_REDIS", "SOURCES_S3_SECRET"} <= set(SECRETS)
    assert "QDRANT_URL" not in SECRETS


def test_no_variable_that_sounds_secret_is_read_in_another_way(env_example):
    sounding = {
        name
        for name in env_example
        if name.endswith(("_KEY", "_SECRET", "_PASSWORD", "_DSN", "_KEY_ID"))
        and name != "DB_SSLKEY"
    }
    assert sounding - set(SECRETS) == set()


@pytest.mark.parametrize("name", SECRETS)
def test_it_comes_from_its_file_which_wins(monkeypatch, tmp_path, name):
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv(name, "from the environment")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    assert env_secret(name) == "from the file"


def test_an_empty_file_is_refused_by_its_name(boot, tmp_path):
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ImproperlyConfigured, match=r"^DB_PASSWORD_FILE=.*empty: the file is empty"):
        boot(DB_HOST="127.0.0.1", DB_PASSWORD_FILE=str(tmp_path / "empty"))


def test_a_folder_and_a_file_that_is_no_text_are_refused_by_their_name(boot, tmp_path):
    (tmp_path / "picture").write_bytes(b"\xff\xfe\xfd")
    for path in (tmp_path, tmp_path / "picture"):
        with pytest.raises(ImproperlyConfigured, match=rf"^SECRET_KEY_FILE={path}: "):
            boot(SECRET_KEY_FILE=str(path))


def test_a_url_with_a_password_comes_from_a_file_too(boot, tmp_path):
    (tmp_path / "redis").write_text("redis://:hush@127.0.0.1:6379/0\n")
    settings = boot(CHANNEL_REDIS_FILE=str(tmp_path / "redis"))
    assert settings["CHANNEL_REDIS"] == "redis://:hush@127.0.0.1:6379/0"


def test_a_refusal_does_not_say_the_password(boot, monkeypatch):
    with pytest.raises(ImproperlyConfigured, match=r"^CELERY_BROKER_URL=redis://:\*\*\*@redis/1: "):
        boot(CELERY_BROKER_URL="redis://:hush@redis/1")
    monkeypatch.setenv("SOME_URL", "http://me:hush@redis")
    with pytest.raises(ImproperlyConfigured, match=r"me:\*\*\*@redis: expected"):
        env_url("SOME_URL", ("redis",))


def test_what_has_no_password_is_said_as_it_is():
    assert without_password("redis://redis:6379/0") == "redis://redis:6379/0"
    assert without_password("amqp://me@host") == "amqp://me@host"
