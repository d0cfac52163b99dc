"""Which queue each task goes to, and what holds there. docs/processes.md says why in full."""

from __future__ import annotations

from dataclasses import dataclass

from kombu.entity import Exchange, Queue

INGESTION = "ingestion"  # takes minutes to hours, nobody looks at a clock
SHORT = "short"  # somebody waits for it
PERIODIC = "periodic"  # the schedule's: sweeps, and what is done at night


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds. At `soft_s` the task is told to end, by an exception that it can clean up after;
    at `hard_s` its process is killed. Against what hangs for ever, not against what is long."""

    soft_s: int
    hard_s: int


# A file has INGESTION_TIMEOUT_S for its text, but OCR and embeddings go on page by page and batch
# by batch: 5,000 scanned pages take hours. A turn of the queue is 30 s and the file at hand.
# A document whose words change has all its passages embedded anew: 20,000 of them at twenty a
# second are a quarter of an hour.
# At night each job limits itself; the longest, comparing a million points, takes minutes.
LIMITS = {
    INGESTION: Limits(soft_s=6 * 3600, hard_s=6 * 3600 + 300),
    SHORT: Limits(soft_s=1800, hard_s=1860),
    PERIODIC: Limits(soft_s=3600, hard_s=3660),
}

QUEUE_OF = {
    "documents.ingest_waiting": INGESTION,
    "documents.gather_source": INGESTION,
    "documents.build_index": INGESTION,
    "documents.check_index": INGESTION,
    "evaluation.measure_set": INGESTION,
    "evaluation.compare_generations": INGESTION,
    "documents.refresh_index": SHORT,
    "documents.take_attachments": SHORT,
    "documents.purge_deleted_document": SHORT,
    "documents.sweep_ingestion": PERIODIC,
    "documents.sweep_sources": PERIODIC,
    "documents.sweep_index": PERIODIC,
    "documents.purge_deleted_documents": PERIODIC,
    "accounts.send_password_mail": SHORT,
    "chat.sweep_answers": PERIODIC,
    "chat.purge_turn_log": PERIODIC,
    "chat.purge_conversations": PERIODIC,
    "cassandre.start_nightly": PERIODIC,
    "cassandre.run_nightly": PERIODIC,
    "cassandre.send_unsent": PERIODIC,
    "cassandre.clear_sessions": PERIODIC,
    "cassandre.leak_check": PERIODIC,
    "cassandre.remind_of_backup": PERIODIC,
}

# Redis hands a message that is not acknowledged to somebody else after so long, RabbitMQ closes
# the channel: both only where its worker is dead for certain, hence beyond the longest task.
# Nothing waits for that: the rows say what is due, and a sweep announces it after ten seconds.
UNACKNOWLEDGED_S = 2 * max(limits.hard_s for limits in LIMITS.values())


class UnknownTask(LookupError):
    """A task without a row in QUEUE_OF: there is no queue of everything else."""


def route(name: str, *_call: object, **_options: object) -> dict[str, str]:
    """Celery's router. Raises UnknownTask."""
    try:
        return {"queue": QUEUE_OF[name]}
    except KeyError:
        raise UnknownTask(f"{name} has no queue in cassandre/queues.py") from None


def limits_of_tasks() -> dict[str, dict[str, int]]:
    """Celery's task_annotations. Threads cannot be killed: the embedded worker has no limits."""
    return {
        name: {"soft_time_limit": LIMITS[queue].soft_s, "time_limit": LIMITS[queue].hard_s}
        for name, queue in QUEUE_OF.items()
    }


def task_queues(broker: str) -> list[Queue]:
    """A worker without -Q reads all of them."""
    exchange = Exchange("cassandre", type="direct")  # type: ignore[no-untyped-call]
    # RabbitMQ's own limit is half an hour, for all queues.
    limit = {"x-consumer-timeout": UNACKNOWLEDGED_S * 1000} if broker.startswith("amqp") else None
    return [
        Queue(  # type: ignore[no-untyped-call]
            name, exchange, routing_key=name, queue_arguments=limit
        )
        for name in (SHORT, PERIODIC, INGESTION)
    ]


def transport_options(broker: str, timeout_s: float) -> dict[str, object]:
    """Of whoever sends and of whoever takes; no silence of the broker holds either for longer."""
    if broker.startswith("amqp"):
        return {"write_timeout": timeout_s}
    return {
        "visibility_timeout": UNACKNOWLEDGED_S,
        "socket_connect_timeout": timeout_s,
        "socket_timeout": timeout_s,
        "socket_keepalive": True,
    }
