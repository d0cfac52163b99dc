"""What import-linter does not see: relations by name, unlisted packages, sizes, templates."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS: list[str] = next(c for c in PYPROJECT["contracts"] if c["id"] == "apps")["layers"]
# From the floor up; strangers to each other share a number.
HEIGHT = {
    app: height
    for height, layer in enumerate(reversed(LAYERS))
    for app in re.split(r"\s*[|:]\s*", layer)
}
# Beside the applications: not part of the program that runs.
TOOLS = {"bench"}
LIMITS = {".py": 400, ".html": 120, ".js": 150}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def app_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def upward_relations() -> Iterator[str]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if not field.is_relation or field.auto_created or not field.related_model:
                continue
            here, there = model._meta.app_label, field.related_model._meta.app_label
            if here in HEIGHT and there in HEIGHT and HEIGHT[there] > HEIGHT[here]:
                yield f"{model._meta.label}.{field.name} -> {there}"


def upward_strings(reference: re.Pattern[str], *patterns: str) -> Iterator[str]:
    """Other apps named in text, as `send_task("chat....")` and `{% include "chat/..." %}` do."""
    for path in tracked(*patterns):
        here = app_of(path)
        for there in reference.findall(path.read_text()):
            if here in HEIGHT and there in HEIGHT and HEIGHT[there] > HEIGHT[here]:
                yield f"{path.relative_to(ROOT)} -> {there}"


def test_no_relation_points_upwards():
    assert list(upward_relations()) == []


def test_no_name_in_a_string_points_upwards():
    reference = re.compile(r"(?:send_task|get_model|import_string|signature)\(\s*[\"'](\w+)[.\"']")
    assert list(upward_strings(reference, "*.py")) == []


def test_no_template_includes_from_above():
    reference = re.compile(r"\{%\s*(?:include|extends|static)\s+[\"'](\w+)/")
    assert list(upward_strings(reference, "*.html")) == []


def test_every_package_is_listed_for_the_import_contracts():
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert packages - TOOLS == set(PYPROJECT["root_packages"])
    assert set(HEIGHT) == set(PYPROJECT["root_packages"])


@pytest.mark.parametrize("suffix", LIMITS)
def test_no_file_is_two_rooms_in_one(suffix):
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(f"*{suffix}")
        if not {"vendor", "dist", "migrations", "i18n"} & set(path.parts)
        and ".min." not in path.name
        if (lines := len(path.read_text().splitlines())) > LIMITS[suffix]
    }
    assert long == {}


def test_templates_and_static_files_bear_their_apps_name():
    """The first app with a file of that name would win silently."""
    for path in tracked("*/templates/*", "*/static/*"):
        app, _kind, namespace = path.relative_to(ROOT).parts[:3]
        if app == "charts":  # Helm's own
            continue
        # Django, allauth and the admin look for these names themselves.
        known = {app, "account", "allauth", "registration", "admin"}
        assert namespace in known or re.fullmatch(r"[45]\d\d(_csrf)?\.html", namespace), path


def test_tasks_and_services_share_no_name():
    functions = re.compile(r"^(?:async )?def ([a-z]\w*)\(", re.MULTILINE)
    for tasks in tracked("*/tasks.py"):
        services = tasks.with_name("services.py")
        if services.exists():
            shared = set(functions.findall(tasks.read_text())) & set(
                functions.findall(services.read_text())
            )
            assert shared == set(), tasks
