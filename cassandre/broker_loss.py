"""A worker outlives its Redis.

Where the connection is lost while messages are unacknowledged, kombu 5.7 gives these back, and
acknowledges what is done later, over a connection that it has let go of; the AttributeError ends
the worker. Redis has such messages among the unacknowledged, and hands them out again when their
time is over; what they announce is in the rows and comes sooner, by the sweeps.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as NoConnection


class PatientQoS(redis.QoS):
    def restore_unacked(self, client: Any = None) -> None:
        if self._is_cut_off():
            self._delivered.clear()
        else:
            super().restore_unacked(client)  # type: ignore[no-untyped-call]

    def _remove_from_indices(self, delivery_tag: str, pipe: Any = None) -> Any:
        """Raises what kombu takes for a lost connection, which it logs and survives."""
        if self._is_cut_off():
            raise NoConnection("the connection that brought the message is gone")
        return super()._remove_from_indices(delivery_tag, pipe)  # type: ignore[no-untyped-call]

    def _is_cut_off(self) -> bool:
        connection = self.channel.connection
        return connection is None or connection.client is None


def outlive_the_broker() -> None:
    redis.Channel.QoS = PatientQoS
