from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ai.errors import ModelError
from ai.services import fetch_embedding_model


class Command(BaseCommand):
    help = "Download the embedding model that EMBEDDING_MODEL=fastembed:NAME names."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            folder = fetch_embedding_model()
        except ModelError as error:
            raise CommandError(str(error)) from None
        if not folder:
            raise CommandError("EMBEDDING_MODEL does not begin with fastembed: nothing to fetch.")
        self.stdout.write(f"The model is in {folder}.")
