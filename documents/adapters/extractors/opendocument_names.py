"""The names of OpenDocument's elements."""

from __future__ import annotations

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
TEXT = f"{{{_NAMES}:text:1.0}}"
TABLE = f"{{{_NAMES}:table:1.0}}"
OFFICE = f"{{{_NAMES}:office:1.0}}"
STYLE = f"{{{_NAMES}:style:1.0}}"
_DRAWN = f"{{{_NAMES}:svg-compatible:1.0}}"

PARAGRAPHS = (f"{TEXT}p", f"{TEXT}h")
# What a reader of the page does not see there, or sees a second time.
NOT_TEXT = frozenset(
    {
        f"{TEXT}tracked-changes",
        f"{TEXT}note-citation",
        f"{TEXT}table-of-content",
        f"{TEXT}alphabetical-index",
        f"{TEXT}illustration-index",
        f"{TEXT}table-index",
        f"{TEXT}object-index",
        f"{TEXT}user-index",
        f"{TEXT}sequence-decls",
        f"{TEXT}ruby-text",
        f"{OFFICE}annotation",
        f"{OFFICE}forms",
        f"{OFFICE}event-listeners",
        f"{_DRAWN}title",
        f"{_DRAWN}desc",
    }
)
