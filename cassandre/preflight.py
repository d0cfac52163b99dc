"""Before a new release is let loose on an installation: what would stand in its way.

It runs with the new release's code and settings, on the database as the old one left it, and
changes nothing but a probe in the file store, which it removes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor

from cassandre.checks import CONFIGURATION
from common import service_checks
from common.migration_effects import Effect, effects_of
from common.process import VERSION

DATABASE_AWAY = "cassandre.E010"
Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    area: str  # settings, services, migrations, processes, disk, index or backup
    sentence: str
    hint: str = ""
    code: str = ""  # of a system check


@dataclass(frozen=True, slots=True)
class Pending:
    """A migration that is not applied yet, and what it does to those who work meanwhile."""

    app: str
    name: str
    effects: list[Effect]

    @property
    def breaks(self) -> bool:
        return any(effect.kind == "breaks" for effect in self.effects)


@dataclass(slots=True)
class Report:
    release: str = VERSION
    findings: list[Finding] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)

    def add(self, findings: Iterator[Finding]) -> None:
        self.findings.extend(findings)


Look = Callable[[Report], Iterator[Finding]]


def look(looks: tuple[Look, ...]) -> Report:
    """Each look after the other, each with what the ones before it found. Where the database is
    away nothing more can be said."""
    report = Report()
    for one in looks:
        report.add(one(report))
        if any(finding.code == DATABASE_AWAY for finding in report.findings):
            break
    return report


def settings_look(_report: Report) -> Iterator[Finding]:
    found = checks.run_checks(tags=[CONFIGURATION])
    # Without HTTPS Django's have one thing to say in six ways; ours says it where it matters.
    if settings.SECURE_SSL_REDIRECT:
        found += checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    yield from _told("settings", found)
    if not found:
        yield Finding("ok", "settings", "They do not contradict each other.")


def services_look(_report: Report) -> Iterator[Finding]:
    found = service_checks.run()
    yield from _told("services", found)
    if not found:
        yield Finding("ok", "services", f"{_database()} and what else is set answer.")


def _database() -> str:
    version = ".".join(str(part) for part in connection.get_database_version())
    return f"{connection.display_name} {version}"


def _told(area: str, found: list[checks.CheckMessage]) -> Iterator[Finding]:
    for message in found:
        if not message.is_silenced():
            level: Level = "error" if message.is_serious() else "warning"
            yield Finding(level, area, str(message.msg), str(message.hint or ""), message.id or "")


def migrations_look(report: Report) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    try:
        executor.loader.check_consistent_history(connection)
    except InconsistentMigrationHistory as error:
        yield Finding("error", "migrations", str(error), "Restore the last backup.")
        return
    known, applied = executor.loader.disk_migrations, executor.loader.applied_migrations
    foreign = [
        f"{app}.{name}"
        for app, name in applied
        if app in executor.loader.migrated_apps and (app, name) not in known
    ]
    if foreign:
        yield Finding(
            "error",
            "migrations",
            f"The database is of a newer release: {', '.join(sorted(foreign))}.",
            "Start that release, or restore the backup from before it.",
        )
        return
    if not applied:
        yield Finding("ok", "migrations", "The database is empty; its tables will be made.")
        return
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    report.pending = [_pending(executor, migration) for migration, _backwards in plan]
    yield from _of_pending(report.pending)


def _pending(executor: MigrationExecutor, migration: Migration) -> Pending:
    key = (migration.app_label, migration.name)
    before = executor.loader.project_state(key, at_end=False)
    return Pending(migration.app_label, migration.name, effects_of(migration, before))


def _of_pending(pending: list[Pending]) -> Iterator[Finding]:
    if not pending:
        yield Finding("ok", "migrations", "The database is up to date.")
        return
    yield Finding("ok", "migrations", f"{len(pending)} to apply.")
    for each in pending:
        for effect in each.effects:
            where = f"{each.app}.{each.name}: {effect.what}"
            if effect.kind == "locks":
                yield Finding(
                    "warning",
                    "migrations",
                    f"{where}: writers wait meanwhile, longer the larger the table.",
                    "Choose a quiet hour; a table in use is tried again every few seconds.",
                )
            elif effect.kind == "data":
                yield Finding("warning", "migrations", f"{where}: it moves rows.", "Back up first.")
            elif effect.kind == "breaks":
                yield Finding(
                    "warning",
                    "migrations",
                    f"{where}: processes of the release before fail from then on.",
                    "Stop them before, and start the new ones after.",
                )
