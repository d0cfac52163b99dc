"""The index of the worker, asked from beside it. The contract of all indexes holds for it too
(test_passage_index_contract.py)."""

from __future__ import annotations

import os
import socket
import threading
from multiprocessing import Pipe

import pytest

from common import context
from common.errors import Unavailable
from documents.adapters import index_wire
from documents.adapters.index_wire import IndexLine, RemoteIndex, serve_index
from documents.adapters.memory_index import MemoryIndex
from documents.errors import IndexLocked
from documents.tests.passage_points import SHOWN, asking, key, point


def worker(line, open_index):
    """What stands for a worker: its end of the line, and the thread that answers."""
    ours, theirs = Pipe()
    thread = threading.Thread(target=serve_index, args=(theirs, open_index), daemon=True)
    thread.start()
    line.connect([ours])
    return theirs


def indexed():
    index = MemoryIndex()
    index.write_chunks([point("annual leave")])
    index.set_standing(key("v1"), SHOWN)
    return index


@pytest.fixture
def line(monkeypatch):
    monkeypatch.setattr(index_wire, "WAIT_S", 0.05)
    return IndexLine()


def remote(line):
    return RemoteIndex(line, key("generation"), 0)


def test_a_call_is_for_its_generation(line):
    asked = []
    index = indexed()
    worker(line, lambda *names: asked.append(names) or index)
    assert len(remote(line).search_chunks(asking("leave"))) == 1
    assert asked == [(key("generation"), 0)]


def test_without_a_worker_the_index_does_not_answer(line):
    with pytest.raises(Unavailable) as raised:
        remote(line).search_chunks(asking("leave"))
    assert raised.value.params == {"component": "Qdrant Edge"}


def test_a_worker_that_dies_is_missed_and_the_next_one_asked(line):
    connection = worker(line, lambda *names: indexed())
    assert len(remote(line).search_chunks(asking("leave"))) == 1
    with socket.socket(fileno=os.dup(connection.fileno())) as dying:
        dying.shutdown(socket.SHUT_RDWR)
    for _attempt in range(2):  # the first finds the line dead, the second nobody
        with pytest.raises(Unavailable):
            remote(line).search_chunks(asking("leave"))
    worker(line, lambda *names: indexed())
    assert len(remote(line).search_chunks(asking("leave"))) == 1


def test_the_line_of_an_earlier_worker_is_not_asked_again(line):
    worker(line, lambda *names: MemoryIndex())
    worker(line, lambda *names: indexed())
    for _attempt in range(2):
        assert len(remote(line).search_chunks(asking("leave"))) == 1


def test_an_error_keeps_its_name(line):
    def locked(*names):
        raise IndexLocked(pid=7, cause="held")

    worker(line, locked)
    with pytest.raises(IndexLocked) as raised:
        remote(line).count_chunks(key("v1"))
    assert raised.value.params == {"pid": 7}


def test_an_unforeseen_error_says_that_the_index_does_not_answer(line, caplog):
    def broken(*names):
        raise ZeroDivisionError

    worker(line, broken)
    with pytest.raises(Unavailable, match="ZeroDivisionError"):
        remote(line).count_chunks(key("v1"))
    assert "the index failed at count_chunks" in caplog.text


def test_the_worker_searches_in_the_name_of_who_asked(line):
    seen = []

    class Index(MemoryIndex):
        def search_chunks(self, query):
            seen.append(context.ids())
            return super().search_chunks(query)

    worker(line, lambda *_names: Index())
    with context.carrying({"request": "r1", "answer": "a1", "user": "u1"}):
        remote(line).search_chunks(asking("leave"))
    remote(line).search_chunks(asking("leave"))
    assert seen == [{"request": "r1", "answer": "a1", "user": "u1"}, {}]
