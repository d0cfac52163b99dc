"""What is counted and timed, all of it in one list; docs/observability.md is its table.

Rooms count without knowing who reads: where nobody does (METRICS_TOKEN, METRICS_ALLOWED and
METRICS_PORT unset) nothing is loaded, and a count is one look into an empty dictionary. Labels take
few values, each of which the code, the configuration or the routes fix: never a person, a document
or a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

PREFIX = "cassandre_"

# By name, what the library has for each; filled by common/exposition.py.
live: dict[str, Any] = {}
_declared: dict[str, Metric] = {}

Reading = float | Mapping[tuple[str, ...], float] | None
Scope = Literal["process", "installation"]

_FAST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_PAGE_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_ANSWER_S = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)
_WORK_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0)


class Metric:
    kind: ClassVar[str]

    def __init__(self, name: str, about: str, labels: tuple[str, ...] = ()) -> None:
        self.name, self.about, self.labels = PREFIX + name, about, labels
        _declared[self.name] = self

    def _series(self, labels: Mapping[str, str]) -> Any:
        """None where nobody reads."""
        metric = live.get(self.name)
        return metric.labels(**labels) if metric is not None and labels else metric


class Counter(Metric):
    kind = "counter"

    def inc(self, amount: float = 1, **labels: str) -> None:
        if (series := self._series(labels)) is not None:
            series.inc(amount)


class Histogram(Metric):
    kind = "histogram"

    def __init__(
        self, name: str, about: str, labels: tuple[str, ...] = (), *, buckets: tuple[float, ...]
    ) -> None:
        super().__init__(name, about, labels)
        self.buckets = buckets

    def observe(self, seconds: float, **labels: str) -> None:
        if (series := self._series(labels)) is not None:
            series.observe(seconds)


class Gauge(Metric):
    """Asked for when it is scraped. Of the "installation", in a thread with database access and
    not more often than every ten seconds; of the "process", at once."""

    kind = "gauge"

    def __init__(
        self, name: str, about: str, labels: tuple[str, ...] = (), *, scope: Scope = "installation"
    ) -> None:
        super().__init__(name, about, labels)
        self.scope = scope
        self.read: Callable[[], Reading] | None = None

    def read_by(self, read: Callable[[], Reading]) -> None:
        """`read` gives the value, or values by label values; None: there is none yet."""
        self.read = read


def declared() -> list[Metric]:
    return [_declared[name] for name in sorted(_declared)]


# --- questions and answers --------------------------------------------------------------------
QUESTIONS = Counter("questions_total", "Questions taken, by how they were asked.", ("kind",))
ANSWERS = Counter("answers_total", "Answers that came to their end, by how.", ("status",))
ANSWER_FIRST_TOKEN = Histogram(
    "answer_first_token_seconds",
    "From the question to the first text of its answer.",
    buckets=_ANSWER_S,
)
MODEL_FIRST_TOKEN = Histogram(
    "model_first_token_seconds",
    "From the request to a language model to its first text.",
    ("model",),
    buckets=_ANSWER_S,
)
ANSWER_SECONDS = Histogram(
    "answer_seconds", "From the question to the end of its answer.", buckets=_ANSWER_S
)
TOKENS = Counter(
    "model_tokens_total",
    "Tokens as models count them; direction is prompt or completion.",
    ("model", "direction"),
)
RETRIEVAL_SECONDS = Histogram(
    "retrieval_seconds", "A search, and its stages.", ("stage",), buckets=_FAST_S
)
SOCKETS = Gauge("sockets_open", "Open pages (websockets).", scope="process")
ANSWERS_RUNNING = Gauge("answers_running", "Answers being written.", scope="process")
MODEL_HEALTHY = Gauge(
    "model_healthy",
    "1: the model answers, 0: it does not; kind is chat, embedding or reranker.",
    ("kind", "model"),
)
MAINTENANCE = Gauge("maintenance", "1 while the installation is closed to changes.")

# --- ingestion and tasks ----------------------------------------------------------------------
INGESTION_STEPS = Counter(
    "ingestion_steps_total", "Steps of ingestion, by how they ended.", ("step", "outcome")
)
INGESTION_STEP_SECONDS = Histogram(
    "ingestion_step_seconds", "A step of one file.", ("step",), buckets=_WORK_S
)
INGESTION_VERSIONS = Gauge(
    "ingestion_versions", "Files by state and by the step they are at.", ("state", "step")
)
INGESTION_OLDEST_WAITING = Gauge(
    "ingestion_oldest_waiting_seconds",
    "How long the file has waited that has waited longest and may be taken; 0: none waits.",
)
INGESTION_PAUSED = Gauge("ingestion_paused", "1 while all files wait for a service that fails.")
TASKS = Counter("tasks_total", "Tasks that were run, by how they ended.", ("task", "outcome"))
TASK_SECONDS = Histogram("task_seconds", "A task's run.", ("task",), buckets=_WORK_S)
TASK_WAIT_SECONDS = Histogram(
    "task_wait_seconds", "From the sending of a task to its start.", ("task",), buckets=_WORK_S
)
QUEUE_MESSAGES = Gauge(
    "queue_messages", "Tasks that wait at the broker; with one alone.", ("queue",)
)

NIGHTLY_LAST_SUCCESS = Gauge(
    "nightly_last_success_timestamp_seconds",
    "When a job of the night last came to its end, in Unix time.",
    ("job",),
)
NIGHTLY_FAILED = Gauge("nightly_failed", "1 where the last try of a job failed.", ("job",))

# --- the installation -------------------------------------------------------------------------
BACKUP_LAST_SUCCESS = Gauge(
    "backup_last_success_timestamp_seconds", "When the last good backup ended, in Unix time."
)
LEAK_CHECK_PASSED = Gauge("leak_check_passed", "1: the last leak check passed, 0: it failed.")
LEAK_CHECK_LAST_RUN = Gauge(
    "leak_check_last_run_timestamp_seconds", "When the last leak check ended, in Unix time."
)

# --- pages and processes ----------------------------------------------------------------------
HTTP_REQUESTS = Counter("http_requests_total", "Requests.", ("method", "route", "status"))
HTTP_SECONDS = Histogram(
    "http_request_seconds",
    "A request, to its end or to the beginning of its stream.",
    ("route",),
    buckets=_PAGE_S,
)
ERRORS = Counter("errors_total", "Refusals and failures, by code.", ("code", "where"))
EVENT_LOOP_LAG = Histogram(
    "event_loop_lag_seconds", "How late the event loop comes to its work.", buckets=_FAST_S
)
