"""What all frames have in common."""

from __future__ import annotations

from msgspec import Struct


class Frame(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, tag_field="type"):
    """Base of all frames."""
