"""System checks that ask the network: known to Django only while somebody wants them.

Django runs every registered check before every command; a store that is away must not keep
`manage.py maintenance` from working. Apps offer theirs at start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core import checks

SERVICES = "services"  # the tag
Check = Callable[..., Sequence[checks.CheckMessage]]
_offered: list[Check] = []


def offer(check: Check) -> None:
    _offered.append(check)


@contextmanager
def registered() -> Iterator[None]:
    registry: Any = checks.registry.registry
    for check in _offered:
        registry.register(check, SERVICES)
    try:
        yield
    finally:
        registry.registered_checks.difference_update(_offered)


def run() -> list[checks.CheckMessage]:
    with registered():
        return checks.run_checks(tags=[SERVICES])
