"""The Lucide icons that templates may name: written by theme/static_src/build.mjs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("icons.json")
_LIST = "theme/static_src/icons.txt"


class UnknownIcon(LookupError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"no icon {name!r}: add its Lucide name to {_LIST}, then run `npm run build` there"
        )


@cache
def icons() -> dict[str, str]:
    """The inside of the <svg> of each icon, by its name."""
    content: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return content


def icon_shape(name: str) -> str:
    try:
        return icons()[name]
    except KeyError:
        raise UnknownIcon(name) from None
