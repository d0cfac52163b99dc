from __future__ import annotations

import asyncio
import socket
import urllib.request

import pytest


@pytest.fixture
def attempts(outside_network_is_closed):
    yield outside_network_is_closed
    outside_network_is_closed.clear()


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_another_machine_cannot_be_reached(attempts, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(RuntimeError, match=address):
        sock.connect((address, 80))
    assert attempts == [address]


def test_not_even_a_name_is_looked_up(attempts):
    with pytest.raises(RuntimeError, match=r"example\.org"):
        urllib.request.urlopen("http://example.org/")


async def test_the_event_loop_is_held_too(attempts):
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        await asyncio.open_connection("192.0.2.1", 80)


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
