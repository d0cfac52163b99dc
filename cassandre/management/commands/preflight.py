from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cassandre.preflight import (
    Finding,
    Report,
    look,
    migrations_look,
    services_look,
    settings_look,
)
from cassandre.preflight_machine import backup_look, disk_look, index_look, processes_look

LOOKS = (
    settings_look,
    services_look,
    migrations_look,
    processes_look,
    disk_look,
    index_look,
    backup_look,
)


class Command(BaseCommand):
    help = (
        "Say what would stand in the way of this release, before it is let loose. Changes nothing; "
        "ends with 1 where it must not be started."
    )
    # It reports what they find, instead of ending with the first of them.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--strict", action="store_true", help="a warning ends with 1, too")

    def handle(self, *args: Any, **options: Any) -> None:
        report = look(LOOKS)
        if options["json"]:
            told = asdict(report) | {"ready": report.ready}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            self._say(report)
        counts = {
            level: sum(finding.level == level for finding in report.findings)
            for level in ("error", "warning")
        }
        if counts["error"] or (options["strict"] and counts["warning"]):
            raise CommandError(f"{counts['error']} errors, {counts['warning']} warnings.")
        if not options["json"]:
            self.stdout.write(f"Ready for {report.release}, {counts['warning']} warnings.")

    def _say(self, report: Report) -> None:
        for finding in report.findings:
            self.stdout.write(_line(finding))


def _line(finding: Finding) -> str:
    code = f" [{finding.code}]" if finding.code else ""
    hint = f"\n{'':21}{finding.hint}" if finding.hint and finding.level != "ok" else ""
    return f"{finding.level:8} {finding.area:11} {finding.sentence}{code}{hint}"
