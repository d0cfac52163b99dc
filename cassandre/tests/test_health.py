from __future__ import annotations

import pytest
from django.test import Client

from common import health

COMPONENTS = {
    "database",
    "extraction",
    "files",
    "index",
    "model",
    "ocr",
    "office",
    "sockets",
    "tasks",
}


def test_a_living_process_says_so_to_anybody(client: Client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db(transaction=True)
def test_every_component_is_named_with_its_state(client: Client):
    response = client.get("/readyz")
    assert response.status_code == 200
    body = response.json()
    assert body["ready"] is True
    assert set(body["components"]) == COMPONENTS
    assert all(body["components"].values())


@pytest.mark.django_db(transaction=True)
def test_a_component_that_does_not_work_makes_the_process_not_ready(client: Client, monkeypatch):
    def broken() -> str:
        raise ConnectionRefusedError("secret address")

    monkeypatch.setitem(health._checks, "index", broken)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert response.json()["components"]["index"] == "ConnectionRefusedError"
    assert b"secret" not in response.content


@pytest.mark.django_db(transaction=True)
def test_a_component_that_hangs_is_not_waited_for(client: Client, monkeypatch):
    import threading

    gate = threading.Event()
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.05)
    monkeypatch.setitem(health._checks, "files", lambda: str(gate.wait(10)))
    response = client.get("/readyz")
    gate.set()
    assert response.json()["components"]["files"] == "TimeoutError"
