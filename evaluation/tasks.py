"""Celery tasks: thin, by id, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from evaluation.comparing import run_comparison
from evaluation.running import run_measurement


@shared_task(name="evaluation.measure_set")  # type: ignore[untyped-decorator]
def measure_set(run_id: str) -> None:
    """Ask the questions of a set and keep the figures on the run's row.

    Enqueued by `services.begin_run`. Does nothing where the row is gone or has its figures;
    otherwise it begins anew. Rights are those of who began it, derived again.
    """
    run_measurement(UUID(run_id))


@shared_task(name="evaluation.compare_generations")  # type: ignore[untyped-decorator]
def compare_generations(comparison_id: str) -> None:
    """Ask the questions of all sets of who began it in both generations.

    Enqueued by `comparing_services.begin_comparison`. Does nothing where the row is gone or has
    its figures; otherwise it begins anew. Rights are those of who began it, derived again.
    """
    run_comparison(UUID(comparison_id))
