from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

BACKEND = "theme.storage.ThemeStaticFilesStorage"
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    root = tmp_path_factory.mktemp("static")
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": BACKEND}}
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


def test_modules_import_each_other_by_hashed_names(collected):
    (page,) = [
        path for path in (collected / "theme/js").glob("page.*.js") if HASHED.search(path.name)
    ]
    names = re.findall(r'import "(\./[^"]+)"', page.read_text(encoding="utf-8"))
    assert len(names) >= 5
    for name in names:
        assert HASHED.search(name)
        assert (page.parent / name).exists()


def test_the_styles_name_the_hashed_fonts(collected):
    (styles,) = (collected / "theme").glob("styles.*.css")
    fonts = re.findall(r'url\("(fonts/[^"]+)"\)', styles.read_text(encoding="utf-8"))
    assert len(fonts) == 2
    for font in fonts:
        assert re.search(r"\.[0-9a-f]{12}\.woff2$", font)
        assert (styles.parent / font).exists()
