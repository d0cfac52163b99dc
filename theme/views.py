from __future__ import annotations

from django.http import HttpRequest, HttpResponseServerError
from django.template.loader import get_template


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """The page of last resort: without context processors, since one of them may be what failed."""
    return HttpResponseServerError(get_template("500.html").render({"request": request}))
