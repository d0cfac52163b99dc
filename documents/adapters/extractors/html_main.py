"""Which part of an HTML page is its text, and which only leads through the site."""

from __future__ import annotations

import re

from lxml import etree

# fmt: off
_DROPPED = frozenset({
    "script", "style", "noscript", "template", "nav", "head", "svg", "math", "iframe", "object",
    "button", "select", "textarea", "canvas", "audio", "video", "rt", "rp",
})
# fmt: on
_FRAME_ROLES = frozenset({"navigation", "search", "menu", "menubar", "contentinfo", "toolbar"})
_CONSENT = re.compile(r"cookie|tarteaucitron|consent-?(?:banner|manager)|skip-?links?\b", re.I)
# A page's <main> that holds less of its text than this is a part of it like any.
_MAIN_SHARE = 0.5


def is_hidden(element: etree._Element) -> bool:
    """Not seen, or not text: also navigation, consent banners and whatever runs."""
    if element.tag in _DROPPED or "hidden" in element.attrib:
        return True
    if element.get("role") in _FRAME_ROLES:
        return True
    style = re.sub(r"\s", "", element.get("style") or "").lower()
    return "display:none" in style or "visibility:hidden" in style


def without_frame(root: etree._Element) -> list[etree._Element]:
    """The elements that hold the page's own text: its <main> where most of the text is there,
    otherwise all but the site's foot and its banners."""
    body = root.find("body")
    if body is None:
        return [root]
    mains = [one for one in body.iter() if one.tag == "main" or one.get("role") == "main"]
    if len(mains) == 1 and not is_hidden(mains[0]):
        if _length(mains[0]) >= _MAIN_SHARE * _length(body):
            return mains
    elif not mains:
        mains = list(body.iter("article"))
    texts = frozenset(mains)
    for element in list(body.iter("footer", "div", "section", "aside")):
        is_foot = element.tag == "footer" and bool(texts) and not _is_inside(element, texts)
        if is_foot or (element.tag != "footer" and _is_banner(element)):
            _remove(element)
    return [root]


def _is_banner(element: etree._Element) -> bool:
    """By its own name, and short: a page about cookies is none."""
    name = f"{element.get('id') or ''} {element.get('class') or ''}"
    return (
        bool(_CONSENT.search(name)) and element.find(".//h1") is None and _length(element) < 2_000
    )


def _is_inside(element: etree._Element, others: frozenset[etree._Element]) -> bool:
    return any(above in others for above in element.iterancestors())


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _length(element: etree._Element) -> int:
    """Of the text that is seen."""
    length = 0
    walker = etree.iterwalk(element, events=("start",))
    for _, one in walker:
        if one is not element and one.tail:
            length += len(one.tail.strip())
        if one.tag in _DROPPED:
            walker.skip_subtree()
        elif one.text:
            length += len(one.text.strip())
    return length
