from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from common.migrating import MigrationHeld, migrate_gently


class Command(migrate.Command):
    """Django's own; on PostgreSQL one process at a time, and nobody waits behind a waiting lock."""

    def handle(self, *args: Any, **options: Any) -> None:
        # Bound here: handle is wrapped by a decorator of Django's, which super() must still see.
        once = partial(super().handle, *args, **options)
        try:
            migrate_gently(once, self.stdout.write)
        except MigrationHeld as held:
            raise CommandError(str(held)) from held
