"""How readers call a file's format, and what its pages are to them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from documents.adapters.extractors.formats import (
    CSV,
    EML,
    EPUB,
    IMAGES,
    LABELS,
    MSG,
    PDF,
    PPTX,
    SHEETS,
)
from documents.ports import LOCKED_OFFICE

# In addresses: ?type=pdf
KEYS = {label.lower(): media_type for media_type, label in LABELS.items()}
_KEY_OF = {media_type: key for key, media_type in KEYS.items()}

_PAGED = IMAGES | {PDF}
_ICONS = {
    PPTX: "presentation",
    EPUB: "book-open",
    **dict.fromkeys((*SHEETS, CSV), "table-2"),
    **dict.fromkeys((EML, MSG), "mail"),
    **dict.fromkeys(IMAGES, "scan-text"),
}


def label_of(media_type: str) -> str:
    return "Office" if media_type == LOCKED_OFFICE else LABELS.get(media_type, media_type)


def key_of(media_type: str) -> str:
    return _KEY_OF.get(media_type, "")


def icon_of(media_type: str) -> str:
    return _ICONS.get(media_type, "file-text")


def page_name(media_type: str) -> str | Promise:
    """What one page is called: formats without pages have sections."""
    if media_type in _PAGED:
        return _("Page")
    if media_type == PPTX:
        return _("Slide")
    if media_type in SHEETS:
        return _("Sheet")
    return _("Section")


def extent(media_type: str, count: int) -> str | Promise:
    """“PDF, 24 pages”"""
    if media_type in _PAGED:
        counted = ngettext_lazy("%(count)d page", "%(count)d pages", "count")
    elif media_type == PPTX:
        counted = ngettext_lazy("%(count)d slide", "%(count)d slides", "count")
    elif media_type in SHEETS:
        counted = ngettext_lazy("%(count)d sheet", "%(count)d sheets", "count")
    else:
        counted = ngettext_lazy("%(count)d section", "%(count)d sections", "count")
    return format_lazy("{}, {}", label_of(media_type), counted % {"count": count})


def short_reference(media_type: str, page: int, label: str = "") -> str:
    """“p. 7”, “p. iv” where a PDF numbers its pages so, “§ 3”: what every place calls a page."""
    if media_type == PDF:
        return f"p.\u00a0{label or page}"
    sign = "p." if media_type == PPTX or media_type in IMAGES else "§"
    return f"{sign}\u00a0{page}"


def heading_of(media_type: str, label: str) -> str:
    """What a page is called beside its number: the name of a sheet, slide or section."""
    return "" if media_type == PDF else label
