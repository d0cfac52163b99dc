from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from django.views.i18n import JavaScriptCatalog

FOLDER = Path(__file__).resolve().parents[2] / "static" / "theme" / "i18n"


def catalogue(language: str) -> str:
    """The translations of domain djangojs (cassandre/locale) as a script that pages load."""
    request = HttpRequest()
    request.method = "GET"
    with override(language):
        response = JavaScriptCatalog.as_view(packages=["cassandre"])(request)
    assert isinstance(response, HttpResponse)  # noqa: S101 (for the types: it never streams)
    lines = response.content.decode().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # it reads translations only
    help = "Writes the browser's translations, one file per language (run compilemessages first)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail where a file is not fresh")

    def handle(self, *args: Any, **options: Any) -> None:
        FOLDER.mkdir(exist_ok=True)
        for language, _ in settings.LANGUAGES:
            path = FOLDER / f"{language}.js"
            content = catalogue(language)
            if not options["check"]:
                path.write_text(content, encoding="utf-8")
            elif not path.exists() or path.read_text(encoding="utf-8") != content:
                raise CommandError(f"{path.name} is not fresh: run manage.py js_catalogue")
