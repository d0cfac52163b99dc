from __future__ import annotations

from math import ceil

from django.http import HttpResponse

from common.errors import CassandreError

# Said with a 503 whose error does not know better: what restarts is back by then.
RETRY_S = 10


def retry_later(response: HttpResponse, error: CassandreError) -> HttpResponse:
    """With Retry-After, in whole seconds, where coming back later helps."""
    wait_s = float(error.params.get("retry_after", RETRY_S if error.status == 503 else 0))
    if wait_s:
        response.headers["Retry-After"] = str(ceil(wait_s))
    return response
