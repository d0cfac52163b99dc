"""A broker that is stopped, and one that takes connections and says nothing: a real Redis."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from celery import Celery
from django.conf import settings

from cassandre import publishing
from cassandre.celery import EmbeddedTask
from cassandre.publishing import publisher, send_unsent
from cassandre.queues import task_queues, transport_options
from common.models import UnsentTask
from scripts import services

pytestmark = [pytest.mark.django_db, pytest.mark.services]

TIMEOUT_S = 0.3


class Broker:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = services.free_port(services.FIRST_PORT["redis"] + 200, taken=set())
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = services.program("redis-server", package="redis-server")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            [*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        while True:
            with suppress(redis.exceptions.ConnectionError), redis.Redis(port=self.port) as asked:
                asked.ping()
                return
            time.sleep(0.02)

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(10)

    def waiting(self, queue: str) -> int:
        with redis.Redis(port=self.port) as asked:
            return asked.llen(queue)


@pytest.fixture
def broker(tmp_path):
    with suppress(SystemExit):
        services.program("redis-server", package="redis-server")
        broker = Broker(tmp_path)
        broker.start()
        yield broker
        broker.stop()
        return
    pytest.skip("no redis-server")


@pytest.fixture
def tasks(broker, monkeypatch):
    """An installation's way to its broker, and two tasks."""
    monkeypatch.setattr(EmbeddedTask, "send", None)
    publisher.ask_again()
    app = Celery("away", broker=broker.url, task_cls=EmbeddedTask, set_as_current=False)
    app.conf.task_queues = task_queues(broker.url)
    app.conf.task_default_queue = "short"
    app.conf.task_publish_retry_policy = settings.CELERY_TASK_PUBLISH_RETRY_POLICY
    app.conf.broker_connection_timeout = TIMEOUT_S
    app.conf.broker_transport_options = transport_options(broker.url, TIMEOUT_S)

    monkeypatch.setitem(publishing.QUEUE_OF, "tests.wanted", "short")

    class Tasks:
        send = app.send_task

        @staticmethod
        @app.task(name="tests.wanted", shared=False)  # type: ignore[untyped-decorator]
        def wanted(key: str) -> None: ...

        @staticmethod
        @app.task(name="tests.announced", expires=60, shared=False)  # type: ignore[untyped-decorator]
        def announced() -> None: ...

    yield Tasks
    app.close()
    publisher.ask_again()


def kept() -> list[tuple[str, list]]:
    return list(UnsentTask.objects.order_by("pk").values_list("task", "args"))


def test_what_a_stopped_broker_did_not_take_is_sent_once_it_is_back(broker, tasks):
    tasks.wanted.delay("before")
    assert broker.waiting("short") == 1
    broker.stop()
    for key in ("one", "two", "two"):
        assert tasks.wanted.delay(key) is None
    tasks.announced.delay()  # comes again by itself
    assert kept() == [("tests.wanted", ["one"]), ("tests.wanted", ["two"])]
    assert send_unsent(tasks.send) == 0
    broker.start()
    publisher.ask_again()
    assert send_unsent(tasks.send) == 2
    assert (kept(), broker.waiting("short")) == ([], 2)
    tasks.wanted.delay("after")
    assert (kept(), broker.waiting("short")) == ([], 3)


def test_a_task_that_is_gone_with_an_older_release_holds_no_other_up(broker, tasks):
    UnsentTask.objects.create(task="tests.of_old")
    UnsentTask.objects.create(task="tests.wanted", args=["one"])
    assert send_unsent(tasks.send) == 1
    assert kept() == []


def test_a_broker_that_has_no_room_is_as_good_as_away(broker, tasks):
    with redis.Redis(port=broker.port) as asked:
        asked.config_set("maxmemory", 1)
    tasks.wanted.delay("one")
    assert kept() == [("tests.wanted", ["one"])]


def test_a_broker_that_says_nothing_holds_nobody(broker, tasks):
    tasks.wanted.delay("before")
    broker.process.send_signal(signal.SIGSTOP)
    tasks.wanted.delay("one")
    assert kept() == [("tests.wanted", ["one"])]


def test_while_it_is_away_it_is_asked_once_for_many(broker, tasks, monkeypatch):
    broker.stop()
    asked = []
    monkeypatch.setattr(publishing.logger, "warning", lambda *said: asked.append(said))
    for number in range(50):
        tasks.wanted.delay(str(number))
    assert (len(asked), len(kept())) == (1, 50)
