"""The files for operators are accepted by the tools that will read them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROFILES = {
    "services": {"db", "redis", "minio", "qdrant"},
    "dev": {"db", "redis", "minio", "qdrant", "migrate", "web-dev", "worker", "beat"},
    "prod": {"db", "redis", "minio", "qdrant", "migrate", "web", "worker", "beat", "nginx"},
}
MAKE_TARGETS = {
    "help",
    *("install", "run", "dev", "test", "test-services", "check", "fmt", "migrate", "messages"),
    *("reindex", "celery", "docker", "stop", "bench"),
}


@pytest.fixture(scope="module")
def compose() -> dict[str, dict[str, Any]]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return dict(document["services"])


@pytest.fixture
def compose_config(program, tmp_path):
    """Runs docker-compose's own check on a copy, so that nobody's .env takes part."""
    (tmp_path / "docker-compose.yml").write_text((ROOT / "docker-compose.yml").read_text())
    command = program("docker-compose", package="docker-compose")

    def run(profile: str, environment: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / ".env").write_text(environment)
        return subprocess.run(
            [command, "--profile", profile, "config", "--services"],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


SECRETS = "DB_PASSWORD=a\nMINIO_ACCESS_KEY_ID=b\nMINIO_SECRET_ACCESS_KEY=c\n"


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_is_accepted_by_docker_compose(compose, compose_config, profile):
    checked = compose_config(profile, SECRETS)
    assert checked.returncode == 0, checked.stderr
    assert set(checked.stdout.split()) >= PROFILES[profile]
    assert {name for name, one in compose.items() if profile in one["profiles"]} == PROFILES[
        profile
    ]


@pytest.mark.parametrize("missing", SECRETS.split())
def test_a_missing_secret_is_named_before_anything_starts(compose_config, missing):
    checked = compose_config("prod", SECRETS.replace(missing, ""))
    assert checked.returncode != 0
    assert missing.split("=")[0] in checked.stderr


def test_every_lasting_service_says_how_it_is(compose):
    silent = {name for name, one in compose.items() if not one.get("healthcheck")}
    # The Dockerfile has the check of the web process.
    assert silent == {"web", "web-dev"}
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    assert compose["migrate"]["healthcheck"] == {"disable": True}, "it ends, it does not last"


def test_images_are_pinned(compose):
    images = [one["image"] for one in compose.values() if "build" not in one]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.search(r":(v|RELEASE\.)?\d[\w.-]+", image), image
        assert not image.endswith("latest")


def test_the_stores_are_reached_from_this_machine_alone(compose):
    for name in PROFILES["services"]:
        assert all(port.startswith("127.0.0.1:") for port in compose[name]["ports"])


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}


def test_the_dockerfile_is_clean():
    hadolint = Path(sys.executable).with_name("hadolint")
    subprocess.run([hadolint, ROOT / "Dockerfile"], check=True)


def test_make_help_lists_what_there_is_to_do():
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},  # without the flags of a make that runs this test
    )
    assert {line.split()[0] for line in listed.stdout.splitlines()} == MAKE_TARGETS


def test_requirements_are_pinned_and_say_what_for():
    for name in ("base", "dev", "prod"):
        for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.match(r"[\w.\[\],-]+==[\w.]+ +# needed for: \S", line), line
