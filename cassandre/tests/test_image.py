"""What .dockerignore leaves is enough to run, and no more: the Dockerfile's steps on a copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]


def left_out(path: str, patterns: list[str]) -> bool:
    """As the builder reads .dockerignore: the last pattern that fits the path or a folder above
    it decides."""
    parts = path.split("/")
    above = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
    decided = False
    for pattern in patterns:
        wanted = pattern.removeprefix("!")
        deep = wanted.removeprefix("**/")
        fits = any(
            fnmatch(folder.rsplit("/", 1)[-1], deep)
            if deep != wanted
            else fnmatch(folder, wanted) and folder.count("/") == wanted.count("/")
            for folder in above
        )
        if fits:
            decided = not pattern.startswith("!")
    return decided


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """The folder /app of the image."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    app = tmp_path_factory.mktemp("image")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not left_out(name, patterns):
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, app / name)
    return app


@pytest.fixture
def run(tmp_path, env_example):
    environment = {name: value for name, value in os.environ.items() if name not in env_example}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "SECRET_KEY": "of-this-step-alone-which-signs-nothing",
        "ALLOWED_HOSTS": "localhost",
        "CASSANDRE_DATA": str(tmp_path / "data"),
        "STATIC_ROOT": str(tmp_path / "static"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(folder: Path, *words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_nothing_secret_and_nothing_of_developers_is_in_it(image):
    files = [path.relative_to(image).as_posix() for path in image.rglob("*") if path.is_file()]
    strange = re.compile(
        r"(^|/)(tests|bench|docs|scripts|charts|monitoring|\.[^/]+)(/|$)|\.(po|pem|key)$"
    )
    assert [name for name in files if strange.search(name)] == []
    assert {name for name in files if "/" not in name} == {"manage.py", "pyproject.toml"}
    assert {name for name in files if name.startswith("requirements/")} == {
        f"requirements/{name}.txt" for name in ("base", "prod", "local-models")
    }


def test_the_steps_of_the_dockerfile_work_on_it(image, run, tmp_path):
    """Then a start finds the static files as they are, and collects nothing."""
    run(image, "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
    (tmp_path / "static" / ".collected").touch()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "static").rglob("*")}
    assert any(re.fullmatch(r"styles\.[0-9a-f]{12}\.css\.gz", path.name) for path in before)
    code = "import django; django.setup(); from cassandre.readiness import collect_static as c; c()"
    run(image, "-c", code)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "static").rglob("*")} == before


def test_every_process_of_compose_can_be_loaded_from_it(image, run):
    modules = "cassandre.serve, cassandre.celery, cassandre.urls, cassandre.asgi, common.alive"
    run(image, "-c", f"import django; django.setup(); import {modules}")
