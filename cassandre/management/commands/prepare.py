from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cassandre.preparing import prepare


class Command(BaseCommand):
    help = "Migrate, and on a fresh database make the first administrator and the starter corpus."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(self.stdout.write)
