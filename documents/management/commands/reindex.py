from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from documents.reindexing import reindex_everything


class Command(BaseCommand):
    help = "Queue all documents for the passage index to be built anew, by the running Cassandre."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"{reindex_everything()} documents queued. The running Cassandre takes them up within "
            "seconds; one that is stopped, at its next start."
        )
