from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import get_template

from theme.icons import icons

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(ROOT.glob("*/templates/**/*.html"))
# What the Content-Security-Policy refuses: pages would be broken in silence.
INLINE = {
    "a script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a style sheet": re.compile(r"<style", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event handler": re.compile(r"\s(on[a-z]+|hx-on[a-z:-]*)\s*=", re.IGNORECASE),
}
ICON = re.compile(r"{% icon \"([a-z0-9-]+)\"")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_template_compiles(path):
    get_template(str(path).partition("/templates/")[2])


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_template_is_short_enough_to_be_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_template_holds_nothing_that_the_content_policy_refuses(path):
    text = path.read_text(encoding="utf-8")
    found = [what for what, pattern in INLINE.items() if pattern.search(text)]
    assert not found


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_template_names_known_icons(path):
    names = set(ICON.findall(path.read_text(encoding="utf-8")))
    assert names <= set(icons())


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        '<script type="module">x</script>',
        "<style>",
        '<p style="top:0">',
        '<button onclick="x">',
        '<p hx-on:click="x">',
    ],
)
def test_the_scan_sees_what_it_looks_for(text):
    assert any(pattern.search(text) for pattern in INLINE.values())


def test_a_part_says_what_it_takes():
    parts = [path for path in TEMPLATES if "theme/parts" in str(path)]
    assert parts
    assert [name_of(path) for path in parts if "{% comment %}" not in path.read_text()] == []


def test_an_unknown_icon_is_refused_with_the_way_to_add_it():
    template = engines["django"].from_string('{% icon "no-such-icon" %}')
    with pytest.raises(LookupError, match=r"icons\.txt"):
        template.render()
