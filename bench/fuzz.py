"""Thousands of damaged files through the real pipeline: none may bring the worker down.

    python -m bench.fuzz --data FOLDER_OF_FILES [--files 2000] [--seed 1] [--limit 20] [--json]

Files of all formats in the folder, and some that are made, are damaged (bench/mutations.py) and go
one after another through a scratch installation: checked, stored, extracted in the child, cut into
passages, published; what mails carry, too. Prints by format how many were read, refused (by code)
and failed, and what went wrong: a crash of the worker, an ingestion beyond the limit, a file left
waiting or in progress, an exception that nobody caught, a process left behind. The same seed makes
the same files.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bench.made_files import made_files
from bench.mutations import mutated
from bench.scratch import say, scratch_installation

if TYPE_CHECKING:
    from accounts.models import User
    from documents.models import Corpus, DocumentVersion

# Of one file: reading it, its scans, and what surrounds that; on a busy machine too.
_PATIENCE = 4
# The largest samples would take all the time.
_MAX_BYTES = 600_000
_SAY_EVERY = 50
# Children are born in it; it ends by itself.
_KEPT = "nursery_process"
READ, FAILED = "read", "failed"


class _Hung(BaseException):
    """Nobody catches it on the way."""


class _Uncaught(logging.Handler):
    """Collects what was logged as an error: exceptions that the pipeline did not foresee."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.seen.append(f"{record.getMessage()}: {error!r}")


@dataclass
class Report:
    by_format: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    problems: list[str] = field(default_factory=list)
    attached: int = 0
    slowest_s: float = 0.0

    def figures(self) -> dict[str, Any]:
        total: Counter[str] = sum(self.by_format.values(), Counter())
        return {
            "files": sum(total.values()),
            "attached": self.attached,
            "read": total.pop(READ, 0),
            "failed": total.pop(FAILED, 0),
            "refused": dict(total.most_common()),
            "slowest_s": round(self.slowest_s, 1),
            "problems": self.problems,
        }


class Fuzz:
    """Of one scratch installation and corpus."""

    def __init__(self, folder: Path, seed: int, limit_s: int) -> None:
        from accounts.services import create_first_administrator
        from documents.services import create_corpus

        self._user: User = create_first_administrator(
            email="bench@example.org", password="-", name="Bench"
        )
        self._corpus: Corpus = create_corpus(by=self._user, name="Fuzz", language="en")
        self._seeds = _by_suffix(folder)
        self._seed, self._limit_s = seed, limit_s
        self._uncaught = _Uncaught()
        logging.getLogger().addHandler(self._uncaught)
        self.report = Report()

    def run(self, files: int) -> Report:
        signal.signal(signal.SIGALRM, _hang)
        suffixes = sorted(self._seeds)
        for number in range(files):
            suffix = suffixes[number % len(suffixes)]
            outcome = self._guarded(number, suffix)
            self.report.by_format[suffix.removeprefix(".") or "-"][outcome] += 1
            if (number + 1) % _SAY_EVERY == 0:
                say(f"{number + 1} of {files}")
        self._work_off_attached()
        self._check_states()
        self.report.problems += [f"logged: {line}" for line in self._uncaught.seen]
        return self.report

    def _guarded(self, number: int, suffix: str) -> str:
        started = time.monotonic()
        signal.alarm(self._limit_s * _PATIENCE)
        try:
            return self._outcome(number, suffix)
        except _Hung:
            self.report.problems.append(f"file {number} ({suffix}): hung")
            return "hung"
        except Exception as error:  # noqa: BLE001 (finding what nobody foresaw is its purpose)
            self.report.problems.append(f"file {number} ({suffix}): {error!r}")
            return "crashed"
        finally:
            signal.alarm(0)
            self.report.slowest_s = max(self.report.slowest_s, time.monotonic() - started)

    def _outcome(self, number: int, suffix: str) -> str:
        from django.core.files.base import ContentFile

        from documents.errors import FileRefused
        from documents.receiving import receive_file

        content = self.content(number, suffix)
        file = ContentFile(content, name=f"file-{number}{suffix}")
        try:
            version = receive_file(by=self._user, corpus=self._corpus, file=file)
        except FileRefused as refusal:
            return refusal.code if refusal.user_sentence else FAILED
        return self._ingested(version)

    def _ingested(self, version: DocumentVersion) -> str:
        from common.errors import known_errors
        from documents.errors import FileRefused, IngestionFailed
        from documents.ingestion import ingest
        from documents.leases import MAX_ATTEMPTS

        for _attempt in range(MAX_ATTEMPTS):
            ingest(version.pk)
            version.refresh_from_db()
            if version.state != version.State.QUEUED:
                break
        if version.state == version.State.READY:
            return READ
        kind = known_errors().get(version.error_code, IngestionFailed)
        return kind.code if issubclass(kind, FileRefused) else FAILED

    def content(self, number: int, suffix: str) -> bytes:
        chance = random.Random(f"{self._seed}/{number}")
        every = [content for contents in self._seeds.values() for content in contents]
        other = chance.choice(self._seeds[suffix] if chance.random() < 0.5 else every)
        return mutated(chance.choice(self._seeds[suffix]), other, chance)

    def _work_off_attached(self) -> None:
        from documents.models import DocumentVersion

        while waiting := list(DocumentVersion.objects.filter(state="queued")[:100]):
            before = self.report.attached
            for version in waiting:
                if self._ingested(version) != FAILED or version.state != version.State.QUEUED:
                    self.report.attached += 1
            if self.report.attached == before:
                return

    def _check_states(self) -> None:
        from documents.models import DocumentVersion

        left = DocumentVersion.objects.filter(state__in=["queued", "running"])
        self.report.problems += [f"left {one.state}: {one.file_name}" for one in left]
        for child in psutil.Process().children(recursive=True):
            command = " ".join(child.cmdline())
            if _KEPT not in command:
                self.report.problems.append(f"still running: {command}")


def _hang(_signal: int, _frame: object) -> None:
    raise _Hung


def _by_suffix(folder: Path) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.is_file() and 0 < path.stat().st_size <= _MAX_BYTES:
            found[path.suffix.lower()].append(path.read_bytes())
    found.pop(".tsv", None)  # the folder's own manifest
    for suffix, content in made_files().items():
        found[suffix].append(content)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="damaged files through the pipeline")
    parser.add_argument("--data", type=Path, required=True, help="folder of intact files")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=20, help="seconds that reading may take")
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    os.environ["INGESTION_TIMEOUT_S"] = str(arguments.limit)
    os.environ["INGESTION_MEMORY_MB"] = "1024"
    with scratch_installation():
        report = Fuzz(arguments.data, arguments.seed, arguments.limit).run(arguments.files)
    _print(report)
    if arguments.json:
        print(json.dumps(report.figures(), ensure_ascii=False))
    return 1 if report.problems else 0


def _print(report: Report) -> None:
    for name, outcomes in sorted(report.by_format.items()):
        refused = {code: n for code, n in outcomes.most_common() if code not in {READ, FAILED}}
        told = ", ".join(f"{code} {n}" for code, n in refused.items())
        print(
            f"{name:6} {sum(outcomes.values()):5} files: {outcomes[READ]:5} read, "
            f"{sum(refused.values()):5} refused, {outcomes[FAILED]:3} failed   {told}"
        )
    for line in report.problems:
        print(f"PROBLEM {line}")
    for name, value in report.figures().items():
        print(f"{name:10} {value if name != 'problems' else len(report.problems)}")


if __name__ == "__main__":
    sys.exit(main())
