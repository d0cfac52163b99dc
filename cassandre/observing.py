"""What tells of this process, begun and ended with it: metrics, traces, errors; and the ids that
tasks carry. Connected to Celery's signals by being imported.
"""

from __future__ import annotations

import atexit
import logging
import logging.config
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from celery import signals
from django.conf import settings

from cassandre.schedule import SCHEDULE
from common import context, exposition, metrics, process, reports, scraping, tracing
from common.errors import CassandreError

logger = logging.getLogger(__name__)

# Of a task's message: whose work it is, and when it was sent.
HEADER = "cassandre"
_SENT_AT = "sent_at"
_PERIODIC = frozenset(str(entry["task"]) for entry in SCHEDULE.values())


def observe(what: process.Role, *, has_children: bool = False) -> None:
    """Before the process does anything else, and before it forks the children that it has."""
    process.be(what)
    tracing.start()
    reports.start()
    if not scraping.is_open():
        return
    exposition.start(shared=_folder() if has_children else None)
    if what == "worker" and settings.METRICS_PORT:
        scraping.listen(settings.METRICS_PORT, os.environ.get("HOST") or "127.0.0.1")


def observe_no_more() -> None:
    tracing.stop()
    reports.stop()


def _folder() -> Path:
    """Of this worker and its children, as long as it lives."""
    folder, owner = Path(tempfile.mkdtemp(prefix="cassandre-metrics-")), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def headers_of_task() -> dict[str, Any]:
    return {HEADER: {**context.carried(), _SENT_AT: time.time()}}


@signals.before_task_publish.connect  # type: ignore[untyped-decorator]
def _name_who_sent(headers: dict[str, Any] | None = None, **_signal: Any) -> None:
    if headers is not None:
        for name, value in headers_of_task().items():
            headers.setdefault(name, value)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _log_as_django_does(**_signal: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _begin_worker(sender: Any = None, **_signal: Any) -> None:
    if not settings.EMBEDDED_WORKER:  # the process beside a web process has begun already
        has_children = "prefork" in str(getattr(sender, "pool_cls", ""))
        observe("worker", has_children=has_children)


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator]
@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def _end_worker(**_signal: Any) -> None:
    """A child leaves without what Python does at its end."""
    observe_no_more()


@signals.beat_init.connect  # type: ignore[untyped-decorator]
def _begin_beat(**_signal: Any) -> None:
    process.be("beat")
    reports.start()


@signals.task_prerun.connect  # type: ignore[untyped-decorator]
def _begin_task(task_id: str = "", task: Any = None, **_signal: Any) -> None:
    sent = _sent_with(task.request)
    started = time.time()
    waited = started - float(sent.get(_SENT_AT, started))
    metrics.TASK_WAIT_SECONDS.observe(max(0.0, waited), task=task.name)
    work = _Work(task.name, context.enter(sent), started)
    context.task_id.set(task_id)
    task.request.observed = work
    work.span.__enter__()


def _sent_with(request: Any) -> dict[str, Any]:
    """Beside Celery's own where a broker brought them, apart where the task is run at once."""
    return request.get(HEADER) or (request.headers or {}).get(HEADER) or {}


@signals.task_postrun.connect  # type: ignore[untyped-decorator]
def _end_task(task: Any = None, state: str | None = None, **_signal: Any) -> None:
    work = task.request.get("observed")
    if work is None:
        return
    seconds, outcome = time.time() - work.started, (state or "unknown").lower()
    metrics.TASKS.inc(task=task.name, outcome=outcome)
    metrics.TASK_SECONDS.observe(seconds, task=task.name)
    level = logging.DEBUG if task.name in _PERIODIC else logging.INFO
    fields = {"name": task.name, "outcome": outcome, "ms": round(seconds * 1000, 1)}
    logger.log(level, "task", extra={"fields": fields})
    work.span.__exit__(None, None, None)
    context.leave(work.tokens)


@signals.task_failure.connect  # type: ignore[untyped-decorator]
def _count_failure(exception: BaseException | None = None, **_signal: Any) -> None:
    code = exception.code if isinstance(exception, CassandreError) else CassandreError.code
    metrics.ERRORS.inc(code=code, where="task")


class _Work:
    """A task under way, in the thread that runs it."""

    def __init__(self, name: str, tokens: context.Tokens, started: float) -> None:
        self.tokens = tokens
        self.started = started
        self.span = tracing.span(f"task {name}", kind="consumer")
