"""The queue in figures, for whoever watches the installation: three queries, nobody's names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Count, Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from common import metrics, tracing
from common.errors import CassandreError
from documents.models import DocumentVersion, IngestionPause
from documents.queueing import waiting


@contextmanager
def measured(step: str) -> Iterator[None]:
    """Around a step of one file: how long it takes, and how it ends."""
    began_at, outcome = time.perf_counter(), "done"
    try:
        with tracing.span(f"ingestion {step}"):
            yield
    except CassandreError as error:
        outcome = "failed"
        metrics.ERRORS.inc(code=error.code, where="ingestion")
        raise
    except BaseException:
        outcome = "ended"  # by a crash, or by whoever took the file over
        raise
    finally:
        metrics.INGESTION_STEPS.inc(step=step, outcome=outcome)
        metrics.INGESTION_STEP_SECONDS.observe(time.perf_counter() - began_at, step=step)


def register() -> None:
    metrics.INGESTION_VERSIONS.read_by(versions)
    metrics.INGESTION_OLDEST_WAITING.read_by(oldest_waiting)
    metrics.INGESTION_PAUSED.read_by(paused)


def versions() -> dict[tuple[str, ...], float]:
    """Those that are online are at one step alone: their last."""
    rows = DocumentVersion.objects.order_by().values_list("state", "step")
    return {(state, step): float(count) for state, step, count in rows.annotate(Count("pk"))}


def oldest_waiting() -> float:
    """Seconds. A file that waits for its next try waits since then."""
    since = waiting().aggregate(since=Min(Coalesce("enqueue_at", "created_at")))["since"]
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0


def paused() -> float:
    return float(IngestionPause.objects.exists())
