"""A worker whose Redis goes away while it holds messages."""

from __future__ import annotations

from collections import OrderedDict
from types import SimpleNamespace

import pytest

redis = pytest.importorskip("kombu.transport.redis")

from cassandre.broker_loss import PatientQoS, outlive_the_broker  # noqa: E402 (as above)


def holding(connection, monkeypatch) -> tuple[PatientQoS, list[str]]:
    """The messages that a channel holds, and those that are given back."""
    given_back: list[str] = []
    monkeypatch.setattr(
        redis.QoS, "restore_by_tag", lambda self, tag, client: given_back.append(tag)
    )
    channel = redis.Channel.__new__(redis.Channel)
    channel.connection = connection
    monkeypatch.setattr(channel, "_create_client", lambda: connection.client.redis, raising=False)
    quality = PatientQoS.__new__(PatientQoS)
    quality.channel = channel
    quality._delivered = OrderedDict(one=SimpleNamespace(), two=SimpleNamespace())
    return quality, given_back


@pytest.mark.parametrize("connection", [None, SimpleNamespace(client=None)])
def test_nothing_is_given_back_over_a_connection_that_is_gone(connection, monkeypatch):
    quality, given_back = holding(connection, monkeypatch)

    quality.restore_unacked()

    assert given_back == []
    assert quality._delivered == {}


def test_over_a_connection_that_stands_each_is_given_back(monkeypatch):
    stands = SimpleNamespace(client=SimpleNamespace(redis="a client"))
    quality, given_back = holding(stands, monkeypatch)

    quality.restore_unacked()

    assert given_back == ["one", "two"]
    assert quality._delivered == {}


@pytest.mark.parametrize("connection", [None, SimpleNamespace(client=None)])
def test_what_cannot_be_acknowledged_any_more_is_a_lost_connection(connection, monkeypatch):
    quality, _given_back = holding(connection, monkeypatch)
    lost_connections = redis.get_redis_error_classes().connection_errors

    with pytest.raises(lost_connections):
        quality.ack("one")


def test_what_kombu_does_without_it_still_ends_a_worker(monkeypatch):
    quality, _given_back = holding(SimpleNamespace(client=None), monkeypatch)
    monkeypatch.undo()

    with pytest.raises(AttributeError):
        redis.QoS.restore_unacked(quality)


def test_a_workers_channels_are_patient(monkeypatch):
    monkeypatch.setattr(redis.Channel, "QoS", redis.QoS)

    outlive_the_broker()

    assert redis.Channel.QoS is PatientQoS
