"""One error vocabulary.

CassandreError                  code, HTTP status, sentence for the user, cause for the log
├── NotAllowed                  the user may not do this; says no more than "not found" would
├── NotFound                    there is no such row for this user
├── InvalidInput                a field or a frame is wrong; names which
├── AddressRefused              not a URL that this machine may be made to ask
├── TooManyRequests             try again after `retry_after` seconds
└── Unavailable                 a component does not answer; names it

Rows, events and logs keep `code` and `params`; `sentence_for` translates them for whoever
reads them. Apps subclass these in their own `errors.py`; docs/errors.md is the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


def gettext_noop(message: str) -> str:
    """Marks a sentence for the catalogue, as Django's does, without loading Django: the
    extraction child starts for every file and imports errors."""
    return message


_ = gettext_noop

Params = Mapping[str, str | int | float]

_by_code: dict[str, type[CassandreError]] = {}


class CassandreError(Exception):
    """Base of every refusal and failure that a user may see.

    `params` fill the sentence's named placeholders; `cause` is for the log alone.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = _("Something went wrong. Please try again.")

    def __init__(self, *, cause: str = "", **params: str | int | float) -> None:
        super().__init__(cause or f"{self.code} {params}" if params else cause or self.code)
        self.cause = cause
        self.params: dict[str, str | int | float] = params

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        known = _by_code.setdefault(cls.code, cls)
        if known.__qualname__ != cls.__qualname__:
            raise TypeError(f"error code {cls.code!r} is used by {known} and {cls}")

    @property
    def user_sentence(self) -> str:
        return sentence_for(self.code, self.params)


_by_code[CassandreError.code] = CassandreError


def sentence_for(code: str, params: Params) -> str:
    """The sentence of an error code in the language that is active now."""
    from django.utils.translation import gettext  # noqa: PLC0415 (see gettext_noop)

    sentence = gettext(_by_code.get(code, CassandreError).sentence)
    try:
        return sentence % dict(params)
    except KeyError:  # an old row whose parameters the sentence has outgrown
        return gettext(CassandreError.sentence)


def known_errors() -> dict[str, type[CassandreError]]:
    return dict(_by_code)


class NotAllowed(CassandreError):
    code = "not-allowed"
    status = 403
    sentence = _("You do not have the right to do this.")


class NotFound(CassandreError):
    code = "not-found"
    status = 404
    sentence = _("This does not exist, or it is not open to you.")


class InvalidInput(CassandreError):
    code = "invalid-input"
    status = 400
    sentence = _("“%(field)s” is not valid: %(reason)s")


class AddressRefused(CassandreError):
    code = "address-refused"
    status = 422
    sentence = _(
        "“%(address)s” may not be asked: only public addresses of the web are open, and hosts that "
        "the operator has named."
    )


class TooManyRequests(CassandreError):
    code = "too-many-requests"
    status = 429
    sentence = _("Too many requests. Try again in %(retry_after)s s.")


class Unavailable(CassandreError):
    code = "unavailable"
    status = 503
    sentence = _("%(component)s does not answer at the moment. Please try again shortly.")
