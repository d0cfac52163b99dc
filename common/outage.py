"""Which failures mean that a service is away, whatever library says so."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError, connection

from common.errors import CassandreError, Unavailable


def outage_behind(error: BaseException | None) -> CassandreError | None:
    """What to tell people of a failure that a service's absence explains; None for any other.

    A database that is full, locked for too long or asked for too long counts: trying again
    shortly is the advice for these, too."""
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable(component=connection.display_name, cause=str(error).strip())
    # Named, because a process without Redis does not load its library.
    if error is not None and any(
        kind.__module__ == "redis.exceptions" and kind.__name__ in _REDIS
        for kind in type(error).__mro__
    ):
        return Unavailable(component="Redis", cause=str(error))
    return None


_REDIS = frozenset({"ConnectionError", "TimeoutError"})
