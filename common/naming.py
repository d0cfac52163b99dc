"""Names of people in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import ngettext

NAMED = 3


def named(names: Sequence[str]) -> str:
    """“Erin, Frank and 2 others”; "" for nobody."""
    first, others = ", ".join(names[:NAMED]), len(names) - NAMED
    if others <= 0:
        return first
    sentence = ngettext("%(names)s and %(count)s other", "%(names)s and %(count)s others", others)
    return sentence % {"names": first, "count": others}
