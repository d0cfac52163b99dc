"""Which process of the installation this is, and of which release."""

from __future__ import annotations

from typing import Literal

# As pyproject.toml has it.
VERSION = "0.5.0.dev0"

Role = Literal["web", "worker", "beat", "command"]

_role: list[Role] = ["command"]


def role() -> Role:
    """What the process was started as; "command" is manage.py, and whatever says nothing."""
    return _role[0]


def be(what: Role) -> None:
    _role[0] = what
