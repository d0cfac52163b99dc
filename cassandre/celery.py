from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from django.conf import settings

from cassandre.publishing import keep, publisher
from cassandre.queues import task_queues
from cassandre.schedule import SCHEDULE
from common import maintenance

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cassandre.prod_settings")
# Each way to start has its own checks; Celery would run all there are, those that ask the network
# too, and look at none of what they say.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")


# During maintenance answers under way come to their end, or are marked.
GOES_ON = frozenset({"chat.sweep_answers"})
HELD_S = 15
_PERIODIC = frozenset(str(entry["task"]) for entry in SCHEDULE.values())


class EmbeddedTask(DjangoTask):  # type: ignore[misc]
    """Enqueued in an embedded web process, it goes to the worker beside it."""

    send: Callable[..., None] | None = None

    @property
    def comes_again(self) -> bool:
        """It is announced until it is done: nothing is lost with a message."""
        return bool(self.expires) or self.name in _PERIODIC

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """During maintenance nothing is begun: what comes by itself again is left out, and what
        would be lost waits."""
        if not self.request.called_directly and maintenance.is_on() and self.name not in GOES_ON:
            if self.comes_again:
                return None
            raise self.retry(countdown=HELD_S, max_retries=None)
        return super().__call__(*args, **kwargs)

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        if EmbeddedTask.send is not None:
            return EmbeddedTask.send(self.name, args=args, kwargs=kwargs, **options)
        publish = partial(super().apply_async, args, kwargs, **options)
        was_sent, sent = publisher.send(self.name, publish)
        if not was_sent and not self.comes_again:
            keep(self.name, args, kwargs)
        return sent


app = Celery("cassandre", task_cls=EmbeddedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
if settings.EMBEDDED_WORKER:
    # The same tasks on threads of one worker process. Queued messages die with it; the rows do
    # not, and are taken up again at start.
    app.conf.broker_url = "memory://localhost/"
    app.conf.broker_transport_options = {"polling_interval": 0.05}
else:
    from cassandre.marking import MarkedWorker  # the embedded start need not load it

    app.steps["worker"].add(MarkedWorker)
app.conf.task_queues = task_queues(settings.CELERY_BROKER_URL)
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
app.autodiscover_tasks(["documents.sources"])  # no app of its own


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def outlive_redis(**_signal: Any) -> None:
    if settings.CELERY_BROKER_URL.startswith("redis"):
        from cassandre.broker_loss import outlive_the_broker  # noqa: PLC0415 (workers alone)

        outlive_the_broker()


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
def give_files_back(**_signal: Any) -> None:
    """At the first SIGTERM: another worker goes on with them, no attempt is spent, and this one
    does not wait for their end."""
    from documents.leases import end_work  # noqa: PLC0415 (needs the apps)

    end_work()
