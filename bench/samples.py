"""What becomes of a folder of sample files, against what its manifest says should.

    python -m bench.samples --data DIR [--only NAME] [--json]

Each file of DIR/MANIFEST.tsv (columns file, expected_outcome, pages, expected_phrase) goes through
the real pipeline of a scratch installation: checked, stored, extracted in the child, read by OCR
where Tesseract is installed, indexed and published; one that is locked is opened with the password
that the manifest names. Prints file, expected and got, and a total; with --json the last line is
an object with `files`, `as_expected` and `wrong`, a list of names.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.sample_outcomes import Expected, Got, differences, read_expectation
from bench.scratch import say, scratch_installation

if TYPE_CHECKING:
    from accounts.models import User
    from documents.models import Corpus, DocumentVersion

MANIFEST = "MANIFEST.tsv"
_BETWEEN_HEADINGS = " › "


@dataclass
class Report:
    files: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    @property
    def as_expected(self) -> int:
        return self.files - len(self.wrong)


def expectations(folder: Path) -> list[Expected]:
    """Raises FileNotFoundError without a manifest."""
    with (folder / MANIFEST).open(encoding="utf-8", newline="") as file:
        return [read_expectation(row) for row in csv.DictReader(file, delimiter="\t", quoting=3)]


class Pipeline:
    """Of one scratch installation; every file comes into a corpus of its own."""

    def __init__(self) -> None:
        from accounts.services import create_first_administrator

        self._user: User = create_first_administrator(
            email="bench@example.org", password="-", name="Bench"
        )

    def outcome(self, path: Path, password: str) -> Got:
        """What the file comes to, and where a password is given also what it came to before."""
        from documents.errors import FileRefused
        from documents.ingestion import ingest
        from documents.unlocking import unlock_version

        try:
            version = self._received(path)
            ingest(version.pk)
            version.refresh_from_db()
            before = version.error_code
            if password and before:
                unlock_version(by=self._user, version=version, password=password)
                ingest(version.pk)
                version.refresh_from_db()
        except FileRefused as refusal:
            return Got(refusal.code)
        return self._read(version, before if password else "")

    def _received(self, path: Path) -> DocumentVersion:
        from django.core.files.base import ContentFile

        from documents.receiving import receive_file
        from documents.services import create_corpus

        corpus: Corpus = create_corpus(by=self._user, name=path.name, language="en")
        file = ContentFile(path.read_bytes(), name=path.name)
        return receive_file(by=self._user, corpus=corpus, file=file)

    def _read(self, version: DocumentVersion, before: str) -> Got:
        from documents.models import Chunk, Page

        if version.state != version.State.READY:
            return Got(version.error_code or f"left {version.state}", before=before)
        pages = Page.objects.filter(version=version).order_by("number")
        chunks = Chunk.objects.filter(version=version).order_by("number")
        return Got(
            before=before,
            pages={page.number: page.text for page in pages},
            passages=[
                (tuple(chunk.section.split(_BETWEEN_HEADINGS)), chunk.text) for chunk in chunks
            ],
        )


def measure(folder: Path, only: str = "") -> Report:
    report = Report()
    pipeline = Pipeline()
    for expected in expectations(folder):
        if only not in expected.file:
            continue
        got = pipeline.outcome(folder / expected.file, expected.password)
        wrong = differences(expected, got, can_read_scans=_can_read_scans())
        report.files += 1
        if wrong:
            report.wrong[expected.file] = wrong
        sys.stdout.write(f"{expected.file} | {expected.summary} | {got.summary}\n")
        for line in wrong:
            sys.stdout.write(f"    WRONG: {line}\n")
    return report


def _can_read_scans() -> bool:
    from documents.adapters.tools.tesseract import find_tesseract

    return bool(find_tesseract())


def figures(report: Report) -> dict[str, Any]:
    return {
        "files": report.files,
        "as_expected": report.as_expected,
        "wrong": list(report.wrong),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Formatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a MANIFEST.tsv")
    parser.add_argument("--only", default="", help="files whose name holds this")
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    options = parser.parse_args()
    say("Preparing a scratch installation")
    with scratch_installation():
        report = measure(options.data, options.only)
    total = f"{report.as_expected} of {report.files} as expected"
    sys.stdout.write(f"{total}\n")
    if options.json:
        sys.stdout.write(f"{json.dumps(figures(report), ensure_ascii=False)}\n")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """The docstring as it stands."""


if __name__ == "__main__":
    main()
