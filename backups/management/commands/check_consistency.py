from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backups.consistency.checking import check_consistency
from backups.consistency.findings import Report


class Command(BaseCommand):
    help = (
        "Compare database, files and index, also while Cassandre runs. Ends with 1 where something "
        "differs and was not repaired."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--deep", action="store_true", help="read and hash every file")
        parser.add_argument("--repair", action="store_true", help="mend what is safe to mend")
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--wait",
            type=int,
            default=600,
            metavar="S",
            help="seconds that a running Cassandre has to compare its index (600)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = check_consistency(
            deep=options["deep"], mend=options["repair"], wait_s=options["wait"]
        )
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=1))
        else:
            self._tell(report)
        if not report.is_clean:
            raise CommandError("Database, files and index do not agree.")

    def _tell(self, report: Report) -> None:
        counted = ", ".join(f"{number} {name}" for name, number in report.counts.items())
        self.stdout.write(f"Looked at: {counted}")
        for kind, found in report.findings.items():
            repaired = f", {found.repaired} repaired" if found.repaired else ""
            self.stdout.write(f"{kind.value}: {found.count}{repaired}")
            for example in found.examples:
                self.stdout.write(f"    {example}")
        if not report.findings:
            self.stdout.write("Database, files and index agree.")
