from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

import ai.errors  # noqa: F401 (they are imported to fill the vocabulary)
import backups.errors  # noqa: F401
import cassandre.moving.errors  # noqa: F401
import chat.errors  # noqa: F401
import documents.errors
import documents.sources.errors  # noqa: F401
from common.errors import CassandreError, known_errors, sentence_for

PAGE = Path(settings.BASE_DIR, "docs", "errors.md")


def placeholders(sentence):
    return set(re.findall(r"%\((\w+)\)s", sentence))


def test_the_documentation_lists_every_code_and_no_other():
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == set(known_errors())


@pytest.mark.parametrize("kind", known_errors().values(), ids=lambda kind: kind.code)
def test_an_error_has_a_sentence_in_both_languages(kind):
    english = gettext(str(kind.sentence))
    with override("fr"):
        french = gettext(str(kind.sentence))
    assert french != english
    assert placeholders(french) == placeholders(english)


def test_an_old_row_with_other_parameters_still_has_a_sentence():
    assert sentence_for("file-too-large", {}) == str(CassandreError.sentence)


def test_a_code_is_used_once():
    with pytest.raises(TypeError, match="not-found"):

        class Twin(CassandreError):
            code = "not-found"
