"""Who may enter which room of the back office. What they see inside, the selectors decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase

from accounts.http import AuthenticatedRequest
from common.errors import NotAllowed
from documents.index_selectors import require_index_management
from documents.selectors import Standing, standing_of

Rest = ParamSpec("Rest")
View = Callable[Concatenate[AuthenticatedRequest, Rest], HttpResponseBase]


def standing(request: HttpRequest) -> Standing:
    """Asked once per request: by the door, and by the frame around the page."""
    found: Standing | None = getattr(request, "standing", None)
    if found is None:
        found = standing_of(request.user) if request.user.is_authenticated else Standing()
        request.standing = found  # type: ignore[attr-defined]
    return found


def curator_only(view: View[Rest]) -> View[Rest]:
    """For whoever curates a corpus, and administrators."""

    @wraps(view)
    def guarded(
        request: AuthenticatedRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if not standing(request).may_curate:
            raise NotAllowed(cause=f"user {request.user.pk} curates nothing")
        return view(request, *args, **kwargs)

    return guarded


def admin_only(view: View[Rest]) -> View[Rest]:
    @wraps(view)
    def guarded(
        request: AuthenticatedRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if not standing(request).is_admin:
            raise NotAllowed(cause=f"user {request.user.pk} is no administrator")
        return view(request, *args, **kwargs)

    return guarded


def operator_only(view: View[Rest]) -> View[Rest]:
    """For who looks after the installation: documents.selectors.standing_of says who that is."""

    @wraps(view)
    def guarded(
        request: AuthenticatedRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        require_index_management(request.user)
        return view(request, *args, **kwargs)

    return guarded
