"""No variable without an explanation, no explanation without a variable."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from scripts.env_table import ENTRY, EXAMPLE, PAGE, page_with_table

ROOT = Path(__file__).resolve().parents[2]
READ_BY = {
    "*.py": re.compile(r"(?:env_\w+|set_default|os\.environ\.get)\(\s*\"([A-Z_0-9]+)\""),
    "docker-compose*.yml": re.compile(r"(?<!\$)\$\{([A-Z_0-9]+)[:}]"),
}
# Of the machine and the test runner, not of Cassandre.
FOREIGN = {"PATH", "PYTEST_XDIST_WORKER", "SECRET_KEY_FILE", "CELERY_BROKER_URL_FILE"}


def read_in_code() -> set[str]:
    names: set[str] = set()
    for pattern, reader in READ_BY.items():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listed.stdout.split():
            path = ROOT / name
            if "tests" not in path.parts and path.name != "conftest.py" and path.exists():
                names.update(reader.findall(path.read_text()))
    return names - FOREIGN


def test_every_variable_that_is_read_is_explained(env_example):
    assert read_in_code() - env_example.keys() == set()


def test_every_variable_that_is_explained_is_read(env_example):
    assert env_example.keys() - read_in_code() == set()


def test_each_variable_has_a_comment_of_its_own(env_example):
    explained = {name for _comment, name, _default in ENTRY.findall(EXAMPLE.read_text())}
    assert env_example.keys() - explained == set()


def test_copying_the_example_changes_nothing(boot, env_example):
    def comparable(settings: dict) -> dict:
        return {name: repr(value) for name, value in settings.items() if name.isupper()}

    assert comparable(boot(**env_example)) == comparable(boot())


def test_the_operations_page_has_the_same_list():
    assert PAGE.read_text() == page_with_table(), "python -m scripts.env_table writes it anew"
