"""Every task has a queue, every queue its limits, and a worker reads all of them."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import module_has_submodule

from cassandre import queues
from cassandre.celery import app
from cassandre.schedule import NIGHTLY, SCHEDULE


@pytest.fixture(scope="module")
def tasks():
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "tasks"):
            import_module(f"{config.name}.tasks")
    import_module("documents.sources.tasks")
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_every_task_has_a_queue_and_every_row_a_task(tasks):
    assert set(tasks) == set(queues.QUEUE_OF)


def test_each_is_sent_to_its_queue_and_none_to_the_default_one(tasks):
    sent_to = {name: app.amqp.router.route({}, name)["queue"].name for name in tasks}
    assert sent_to == queues.QUEUE_OF
    assert app.conf.task_default_queue not in {queue.name for queue in app.conf.task_queues}


def test_a_task_that_nobody_has_thought_of_is_refused_rather_than_sent_where_nobody_reads():
    with pytest.raises(queues.UnknownTask, match=r"mine\.own"):
        app.send_task("mine.own")


def test_each_is_told_to_end_before_it_is_killed_and_that_before_it_is_handed_out_again(tasks):
    for name, task in tasks.items():
        assert 0 < task.soft_time_limit < task.time_limit < queues.UNACKNOWLEDGED_S, name
    redis = queues.transport_options("redis://127.0.0.1", 3)
    assert redis["visibility_timeout"] == queues.UNACKNOWLEDGED_S


def test_a_worker_without_a_choice_reads_all_queues_and_has_a_process_more_than_files():
    assert set(app.amqp.queues.consume_from) == {"ingestion", "short", "periodic"}
    assert app.conf.worker_concurrency == settings.INGESTION_CONCURRENCY + 1


def test_what_a_worker_dies_of_is_delivered_again_one_at_a_time():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


def test_rabbitmq_is_told_how_long_a_task_may_take_and_redis_has_no_such_argument():
    (limit,) = {
        queue.queue_arguments["x-consumer-timeout"]
        for queue in queues.task_queues("amqp://127.0.0.1")
    }
    assert limit == queues.UNACKNOWLEDGED_S * 1000
    assert {queue.queue_arguments for queue in queues.task_queues("redis://127.0.0.1")} == {None}


def test_the_schedule_starts_tasks_of_its_own_queue_alone(tasks):
    scheduled = {str(entry["task"]) for entry in SCHEDULE.values()} | set(NIGHTLY)
    assert {queues.QUEUE_OF[name] for name in scheduled} == {queues.PERIODIC}
    assert set(app.conf.beat_schedule) == set(SCHEDULE)
    assert app.conf.result_expires is None, "or beat adds a task of its own"
