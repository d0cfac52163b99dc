"""How long something took, as short as a table's cell."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# Below, seconds are told; beyond, two units would be more than anybody wants to know.
_TOLD_IN_SECONDS = 2 * _MINUTE
_TOLD_IN_MINUTES = 2 * _HOUR
_TOLD_IN_HOURS = 2 * _DAY


def duration_text(length: timedelta) -> str:
    """“8 s”, “12 min”, “5 h”, “3 d”; what took less than a second took one."""
    seconds = max(1, round(length.total_seconds()))
    if seconds < _TOLD_IN_SECONDS:
        return _("%(count)d s") % {"count": seconds}
    if seconds < _TOLD_IN_MINUTES:
        return _("%(count)d min") % {"count": round(seconds / _MINUTE)}
    if seconds < _TOLD_IN_HOURS:
        return _("%(count)d h") % {"count": round(seconds / _HOUR)}
    return _("%(count)d d") % {"count": round(seconds / _DAY)}


def rough_text(length: timedelta) -> str:
    """What is only an estimate: “less than a minute”, “some 5 min”."""
    if length.total_seconds() < _MINUTE:
        return _("less than a minute")
    minutes = max(1, round(length.total_seconds() / _MINUTE))
    return _("some %(time)s") % {"time": duration_text(timedelta(minutes=max(minutes, 2)))}
