from __future__ import annotations

from unittest.mock import Mock

import pytest
import uvicorn

from cassandre import lifespan
from cassandre.lifespan import Lifespan
from cassandre.server import Server
from chat.runs import runs
from chat.sweeping import interrupt_dead_answers


@pytest.mark.parametrize(
    ("qdrant", "all_of_them"), [("", True), ("http://qdrant:6333", False)], ids=["edge", "server"]
)
async def test_only_a_process_that_is_alone_interrupts_every_answer_at_its_start(
    monkeypatch, settings, qdrant, all_of_them
):
    """Two web processes with embedded workers may share a Qdrant server."""
    interrupted = []

    async def in_thread(call, **options):
        if call is interrupt_dead_answers:
            interrupted.append(options)

    settings.QDRANT_URL, settings.EMBEDDED_WORKER, settings.CHANNEL_REDIS = qdrant, True, ""
    monkeypatch.setattr(lifespan, "in_thread", in_thread)
    monkeypatch.setattr(lifespan, "lock_index", lambda: None)
    monkeypatch.setattr(lifespan, "worker_process", Mock())
    monkeypatch.setattr(lifespan, "Timer", Mock())
    await Lifespan()._start()
    assert interrupted == [{"all_of_them": all_of_them}]


async def test_questions_are_refused_before_the_sockets_are_told_to_go_elsewhere(monkeypatch):
    closing = []

    async def close_sockets(_server, _sockets=None):
        closing.append(runs.closing)

    monkeypatch.setattr(uvicorn.Server, "shutdown", close_sockets)
    monkeypatch.setattr(runs, "closing", False)
    await Server(uvicorn.Config("cassandre.asgi:application")).shutdown()
    assert closing == [True]
