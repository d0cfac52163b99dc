"""Parameters of an address, checked by a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from common.errors import InvalidInput


def read_parameters(form: type[forms.Form], query: QueryDict) -> dict[str, Any]:
    """The cleaned parameters; raises InvalidInput with the first one that is wrong."""
    bound = form(query)
    for field, errors in bound.errors.as_data().items():
        label = str(bound.fields[field].label or field)  # as its form calls it, where it does
        raise InvalidInput(field=label, reason=" ".join(errors[0].messages))
    return bound.cleaned_data
