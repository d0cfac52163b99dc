"""What curators may name as the address of a source."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import CassandreError, InvalidInput
from common.outbound import OutboundPolicy
from documents.models import Source
from documents.sources.stores import opened_prefix

Kind = Source.Kind
_CHARACTERS = 1000


def checked_address(kind: str, address: str) -> str:
    """As it is kept. Raises InvalidInput for the field `address`: only what it says is judged, what
    its host leads to is at each look."""
    address = address.strip()
    if len(address) > _CHARACTERS:
        raise InvalidInput(field="address", reason=_("It is too long."))
    try:
        if kind == Kind.BUCKET:
            return opened_prefix(address)
        if kind not in {Kind.PAGE, Kind.SITEMAP}:
            raise InvalidInput(field="kind", reason=_("It is set up elsewhere."))
        return outbound_policy().checked(address)
    except InvalidInput:
        raise
    except CassandreError as error:
        raise InvalidInput(field="address", reason=error.user_sentence) from error


def outbound_policy() -> OutboundPolicy:
    return OutboundPolicy(frozenset(name.lower() for name in settings.SOURCES_ALLOWED_HOSTS))
