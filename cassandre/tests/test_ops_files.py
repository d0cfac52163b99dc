"""The files for operators are accepted by the tools that will read them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SECRETS_COMPOSE = ROOT / "docker-compose.secrets.yml"
STORES = {"db", "redis", "minio", "qdrant"}
PROFILES = {
    "services": STORES,
    "dev": STORES | {"web"},
    "prod": STORES | {"migrate", "web-prod", "worker", "worker-short", "beat", "nginx"},
    "monitoring": {"prometheus", "grafana"},
    "mail": {"mailpit"},
}
MAKE_TARGETS = {
    "help",
    *("install", "run", "dev", "test", "test-services", "check", "fmt", "migrate", "messages"),
    *("reindex", "celery", "docker", "status", "stop", "bench"),
}


@pytest.fixture(scope="module")
def compose() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"])


@pytest.fixture
def compose_config(program, tmp_path):
    """Runs docker-compose's own reading on a copy, so that nobody's .env takes part."""
    command = [program("docker-compose", package="docker-compose")]
    for file in (COMPOSE, SECRETS_COMPOSE):
        shutil.copy(file, tmp_path)

    def run(
        profile: str, environment: str, *files: Path, ask: str = "--services"
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / ".env").write_text(environment)
        named = [word for file in files for word in ("--file", file.name)]
        return subprocess.run(
            [*command, *named, "--profile", profile, "config", *ask.split()],
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


def test_the_example_and_its_compulsory_secrets_are_enough(compose_config):
    example = (ROOT / ".env.example").read_text()
    checked = compose_config("prod", example + SECRETS)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("missing", SECRETS.split())
def test_a_missing_secret_is_named_before_anything_starts(compose_config, missing):
    checked = compose_config("prod", SECRETS.replace(missing, ""))
    assert checked.returncode != 0
    assert missing.split("=")[0] in checked.stderr


def test_no_secret_is_written_in_the_compose_files():
    """Each is a reference to the environment, a file, or empty."""
    word = re.compile(r"(PASSWORD|SECRET|TOKEN)\w*: +(?P<value>\S.*)")
    for file in (COMPOSE, SECRETS_COMPOSE):
        for found in word.finditer(file.read_text()):
            assert re.match(r"(\$\{[A-Z_]+:\?|/run/secrets/|\"\")", found["value"]), found[0]


def test_secrets_can_all_come_from_files(compose, compose_config):
    """A password of the environment would be seen by `docker inspect`; with the second file, none
    reaches a container."""
    given = "DB_PASSWORD=seen-1\nMINIO_ACCESS_KEY_ID=b\nMINIO_SECRET_ACCESS_KEY=seen-2\n"
    checked = compose_config("prod", given, COMPOSE, SECRETS_COMPOSE, ask="")
    assert checked.returncode == 0, checked.stderr
    services = yaml.safe_load(checked.stdout)["services"]
    for name, one in services.items():
        # env_file passes on .env itself; `environment` wins over it.
        ours = one.get("image", "").startswith("cassandre")
        assert not ours or one["environment"]["DB_PASSWORD"] == "", name
        hidden = {key for key in one.get("environment", {}) if key.endswith("_FILE")}
        assert {one["environment"][key].rpartition("/")[2] for key in hidden} == {
            secret["source"] for secret in one.get("secrets", [])
        }, name
    assert services.keys() == compose.keys()
    assert {name for name, one in services.items() if one.get("secrets")} == {
        *("db", "minio"),
        *(name for name, one in compose.items() if "build" in one),
    }


def test_every_service_says_how_it_is(compose):
    silent = {name for name, one in compose.items() if "test" not in one.get("healthcheck", {})}
    assert silent == {"migrate"}, "it ends, it does not last"
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_every_service_is_restarted_limited_and_its_log_too(compose):
    for name, one in compose.items():
        assert one["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert re.fullmatch(r"(\$\{[A-Z_]+:-)?\d+[mg]\}?", one["mem_limit"]), name
        assert one["logging"]["options"].keys() == {"max-size", "max-file"}, name


def test_each_memory_limit_has_its_reason():
    lines = COMPOSE.read_text().splitlines()
    for line, before in zip(lines[1:], lines, strict=False):
        if "mem_limit:" in line and not line.lstrip().startswith("#"):
            assert "#" in line or before.lstrip().startswith("#"), line


def test_a_worker_has_room_for_the_files_that_it_reads(compose, env_example):
    at_once = int(env_example["INGESTION_CONCURRENCY"]) * int(env_example["INGESTION_MEMORY_MB"])
    limit = re.search(r":-(\d+)g", compose["worker"]["mem_limit"])
    assert limit
    assert int(limit[1]) * 1024 >= at_once + 512


def test_the_workers_serve_every_queue_and_beat_is_alone(compose):
    served = [
        queue
        for name in ("worker", "worker-short")
        for queue in compose[name]["command"].split("--queues ")[1].split()[0].split(",")
    ]
    assert sorted(served) == ["ingestion", "periodic", "short"]
    assert [name for name, one in compose.items() if " beat " in str(one.get("command"))] == [
        "beat"
    ]


def test_nothing_starts_before_what_it_needs_is_healthy(compose):
    waits = {name: one.get("depends_on", {}) for name, one in compose.items()}
    assert waits["migrate"].keys() == waits["web"].keys() == STORES
    for name in ("web-prod", "worker", "worker-short", "beat"):
        assert waits[name] == {"migrate": {"condition": "service_completed_successfully"}}
    for name in ("migrate", "web", "nginx", "grafana"):
        assert {one["condition"] for one in waits[name].values()} == {"service_healthy"}


def test_development_reloads_every_app_of_this_folder(compose):
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
    reloaded = set(re.findall(r"--reload-dir (\w+)", compose["web"]["command"][-1]))
    assert apps - {"bench"} <= reloaded
    assert ".:/app:ro" in compose["web"]["volumes"]


def test_the_application_writes_to_its_volumes_alone(compose):
    written = re.search(r"^VOLUME \[(.*)\]", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert written
    assert written[1].split(", ") == ['"/data"', '"/tmp"']
    for name, one in compose.items():
        assert "build" not in one or (one["read_only"] and one["cap_drop"] == ["ALL"]), name


def test_nginx_is_told_everything_that_its_template_asks(compose):
    asked = set(re.findall(r"\$\{(NGINX_\w+)\}", (ROOT / "nginx.conf").read_text()))
    given = compose["nginx"]["environment"].keys()
    assert asked <= given
    assert given - asked == {"NGINX_ENVSUBST_OUTPUT_DIR", "NGINX_ENVSUBST_FILTER"}


def test_prometheus_asks_every_replica_that_compose_starts(compose):
    jobs = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())["scrape_configs"]
    found = {
        name: one["port"]
        for job in jobs
        for one in job.get("dns_sd_configs", [])
        for name in one["names"]
    }
    assert found == {"web-prod": 8000, "worker": 9100, "worker-short": 9100}
    assert found.keys() <= compose.keys()
    assert compose["worker"]["environment"]["METRICS_PORT"] == "9100"


def test_grafana_finds_its_data_source_and_its_dashboards(compose):
    provisioning = ROOT / "monitoring" / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())
    assert [one["uid"] for one in source["datasources"]] == ["prometheus"]
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    provider = yaml.safe_load((provisioning / "dashboards" / "cassandre.yml").read_text())
    folder = provider["providers"][0]["options"]["path"]
    assert f"./monitoring/grafana/dashboards:{folder}:ro" in compose["grafana"]["volumes"]


def test_images_are_pinned(compose):
    images = [one["image"] for one in compose.values() if "build" not in one]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.search(r":(v|RELEASE\.)?\d[\w.-]+", image), image
        assert not image.endswith("latest")


def test_nothing_but_nginx_is_reached_from_other_machines(compose):
    for name, one in compose.items():
        if name != "nginx":
            assert all(port.startswith("127.0.0.1:") for port in one.get("ports", [])), name


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


def test_make_docker_runs_here_with_the_stores_in_containers(compose):
    said = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "docker", "COMPOSE=docker-compose"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    ).stdout
    assert "docker-compose --profile services up --detach" in said
    assert said.rstrip().endswith("./start_all.sh")
    published = {port.split(":")[1] for name in STORES for port in compose[name]["ports"]}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)|DB_PORT=(\d+)", said)) == {
        ("", port) if port == "5432" else (port, "") for port in published
    }


def test_requirements_are_pinned_and_say_what_for():
    for name in ("base", "dev", "prod"):
        for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.match(r"[\w.\[\],-]+==[\w.]+ +# needed for: \S", line), line
