from __future__ import annotations

import logging
from contextvars import ContextVar

# The id of the request, answer or task whose work is being logged.
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
