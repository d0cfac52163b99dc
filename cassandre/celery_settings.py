"""How tasks are sent, taken and ended. Each with its reason; docs/processes.md has them in full."""

from __future__ import annotations

from cassandre.model_settings import EMBEDDING_MODEL
from cassandre.queues import limits_of_tasks, route, transport_options
from cassandre.services_settings import CELERY_BROKER_URL, INGESTION_CONCURRENCY
from common.env import env_int

CELERY_TASK_ROUTES = (route,)
CELERY_TASK_ANNOTATIONS = limits_of_tasks()
CELERY_TASK_CREATE_MISSING_QUEUES = False  # a queue that nobody reads would swallow its tasks
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # or beat would sweep results that there are none of

# --- taking -----------------------------------------------------------------------------------
CELERY_TASK_ACKS_LATE = True  # a killed worker's task is delivered again; tasks are idempotent
# Of a killed child too. What kills every worker that takes it is bounded by its row: a file has
# four attempts.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # one long file must not hold short ones behind it
# One more than files that are read at a time (documents/slots.py keeps it free), not as many as
# the machine has cores: each is a process of its own.
CELERY_WORKER_CONCURRENCY = INGESTION_CONCURRENCY + 1
# A lost connection is not the end of what is being done: it is gone on with, and what was
# acknowledged by nobody is delivered twice at worst.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False

# --- children ---------------------------------------------------------------------------------
# What a library leaks goes with its process; a fork of the loaded parent costs milliseconds.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
# Asked behind each task. A model that Cassandre runs itself stays in the child, and would be
# loaded again for each file.
_memory_mb = env_int(
    "WORKER_MEMORY_MB", 4096 if EMBEDDING_MODEL.startswith("fastembed:") else 1024, minimum=256
)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = _memory_mb * 1024  # KiB

# --- the broker -------------------------------------------------------------------------------
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker, however long
# Whoever enqueues may be answering a person: two tries of a few seconds, then the row alone says
# what is due (cassandre/publishing.py).
BROKER_TIMEOUT_S = 3
CELERY_BROKER_CONNECTION_TIMEOUT = BROKER_TIMEOUT_S
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_BROKER_URL, BROKER_TIMEOUT_S)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "cassandre.marking:MarkedScheduler"
