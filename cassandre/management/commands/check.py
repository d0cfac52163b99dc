from __future__ import annotations

from typing import Any

from django.core.management.commands import check

from common.service_checks import SERVICES, registered


class Command(check.Command):
    """Django's own; `--tag services` asks the services, too."""

    def handle(self, *args: Any, **options: Any) -> None:
        if SERVICES in (options["tags"] or []):
            with registered():
                super().handle(*args, **options)
        else:
            super().handle(*args, **options)
