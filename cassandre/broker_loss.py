"""A worker outlives its Redis.

Where the connection is lost while messages are unacknowledged, kombu 5.7 gives these back over a
connection that it has just let go of; the AttributeError ends the worker. There is nobody to give
them to at that moment: Redis has them among the unacknowledged, and hands them out again when
their time is over; what they announce is in the rows and comes sooner, by the sweeps.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis


class PatientQoS(redis.QoS):
    def restore_unacked(self, client: Any = None) -> None:
        connection = self.channel.connection
        if connection is None or connection.client is None:
            self._delivered.clear()
        else:
            super().restore_unacked(client)  # type: ignore[no-untyped-call]


def outlive_the_broker() -> None:
    redis.Channel.QoS = PatientQoS
