"""The browser's modules, tested by node's own runner where node and its packages are there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

SOURCE = Path(settings.BASE_DIR) / "theme" / "static_src"
MODULES = sorted(
    path
    for path in Path(settings.BASE_DIR).glob("*/static/**/*.js")
    if not {"vendor", "i18n"} & set(path.parts)
)
needs_node = pytest.mark.skipif(
    not (shutil.which("node") and (SOURCE / "node_modules").is_dir()),
    reason="needs node and `npm ci` in theme/static_src",
)


@needs_node
def test_the_modules_of_the_browser_pass_their_own_tests():
    tests = sorted(str(path) for path in SOURCE.glob("test/*.test.mjs"))
    run = subprocess.run(
        ["node", "--test", *tests], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_short_and_says_what_it_does(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert lines[0].startswith("//")
