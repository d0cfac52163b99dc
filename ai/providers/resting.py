"""A server that has just failed is left alone for a while: a question waits for it once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ai.errors import ModelBusy, ModelContextTooLong, ModelError, ModelUnavailable

REST_S = 30.0

# These say something about one request, not about the server.
_FAULTS_OF_THE_REQUEST = (ModelContextTooLong,)


class Rest:
    def __init__(self, server: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._until = 0.0

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Raises ModelUnavailable at once while the server rests; a ModelError of the body puts
        it to rest."""
        left = self._until - self._clock()
        if left > 0:
            raise ModelUnavailable(cause=f"{self._server} failed; asked again in {left:.0f} s")
        try:
            yield
        except ModelError as error:
            if not isinstance(error, _FAULTS_OF_THE_REQUEST):
                asked_for = (
                    float(error.params["retry_after"]) if isinstance(error, ModelBusy) else 0
                )
                self._until = self._clock() + max(asked_for, REST_S)
            raise
