from __future__ import annotations

import getpass
import time
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cassandre.quiet import wait_until_quiet
from common import maintenance
from common.maintenance import CLOSED, READ_ONLY, Maintenance


class Command(BaseCommand):
    help = "Make the installation read-only, or close it, while somebody works on it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["on", "off", "status"])
        level = parser.add_mutually_exclusive_group()
        level.add_argument(
            "--read-only",
            action="store_const",
            dest="level",
            const=READ_ONLY,
            default=READ_ONLY,
            help="searching and reading work (the default)",
        )
        level.add_argument(
            "--closed", action="store_const", dest="level", const=CLOSED, help="only operators"
        )
        parser.add_argument("--message", default="", help="what people are told, 300 characters")
        moment = "18:00, or 2026-03-04T18:00, in TIME_ZONE"
        parser.add_argument("--from", dest="starts_at", metavar="MOMENT", help=moment)
        parser.add_argument("--until", metavar="MOMENT", help=f"said, not acted on: {moment}")
        parser.add_argument(
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="for what is under way; fails where something still is",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "off":
            self.stdout.write("over" if maintenance.end() else "there was none")
            return
        if options["what"] == "on":
            self._begin(options)
        maintenance.look_again()
        self.stdout.write(_said(maintenance.current()))
        if options["what"] == "on" and options["wait"]:
            # Each process looks every LOOK_S, and what it began in between is waited for too.
            time.sleep(min(maintenance.LOOK_S, options["wait"]))
            if left := wait_until_quiet(options["wait"]):
                raise CommandError(f"still under way: {', '.join(left)}")
            self.stdout.write("nothing is under way")

    def _begin(self, options: dict[str, Any]) -> None:
        starts_at, until = _moment(options["starts_at"]), _moment(options["until"])
        if until and until <= (starts_at or timezone.now()):
            raise CommandError("--until must lie behind the beginning")
        maintenance.begin(
            options["level"],
            message=options["message"],
            starts_at=starts_at,
            until=until,
            by=f"manage.py ({getpass.getuser()})",
        )


def _moment(text: str | None) -> datetime | None:
    """A time without a day is the next one."""
    if not text:
        return None
    now = timezone.localtime()
    try:
        moment = parse_datetime(text)
        if moment is None:
            clock = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 (made aware below)
            moment = datetime.combine(now.date(), clock)
            if timezone.make_aware(moment) <= now:
                moment += timedelta(days=1)
    except ValueError as error:
        raise CommandError(f"{text}: no moment; 18:00 or 2026-03-04T18:00") from error
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _said(state: Maintenance | None) -> str:
    if state is None:
        return "off"
    begins = timezone.localtime(state.starts_at).isoformat(" ", "minutes")
    parts = [f"{state.level} since {begins}" if state.is_on else f"{state.level} from {begins}"]
    if state.until:
        parts.append(f"until {timezone.localtime(state.until).isoformat(' ', 'minutes')}")
    if state.begun_by:
        parts.append(f"by {state.begun_by}")
    return ", ".join(parts) + (f": {state.message}" if state.message else "")
