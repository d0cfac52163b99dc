from __future__ import annotations

import cassandre.observing  # noqa: F401 (Celery's signals)
from cassandre.celery import app as celery_app

__all__ = ["celery_app"]
