"""The addresses that a sitemap lists (sitemaps.org, protocol 0.9), and those of its sitemaps."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from common.errors import CassandreError
from documents.sources.errors import NotASitemap
from documents.sources.ports import Gone
from documents.sources.web import Web, bare_host, gunzipped

# The protocol's own bounds are 50 MB and 50,000 addresses for each.
_MAX_BYTES = 50_000_000
_MAX_SITEMAPS = 100
_GZIP = b"\x1f\x8b"
_BLOCK_BYTES = 262_144


def addresses_in(web: Web, address: str, limit: int) -> Iterator[str]:
    """At most `limit`. Raises NotASitemap, and as Web.fetch where one cannot be had: what it lists
    would seem to have vanished."""
    count = 0
    for name, url in list(_entries(web, address)):
        if name == "url":
            found = [url]
        elif bare_host(url) != bare_host(address):
            continue
        else:
            found = [inner for kind, inner in _entries(web, url) if kind == "url"]
        for each in found:
            if count >= limit:
                return
            count += 1
            yield each


def _entries(web: Web, url: str) -> Iterator[tuple[str, str]]:
    """“url” or “sitemap”, and the address that it names."""
    with tempfile.NamedTemporaryFile() as packed, tempfile.NamedTemporaryFile() as plain:
        path, target = Path(packed.name), Path(plain.name)
        try:
            web.fetch(url, path, site=url)
        except Gone as gone:
            refusal: CassandreError = gone.refusal or NotASitemap(address=url)
            raise refusal from gone
        try:
            yield from _parsed(_unpacked(path, target))
        except (etree.XMLSyntaxError, zlib.error) as error:
            raise NotASitemap(address=url, cause=str(error)) from error


def _unpacked(path: Path, target: Path) -> Path:
    with path.open("rb") as opened:
        if opened.read(2) != _GZIP:
            return path
        opened.seek(0)
        size = 0
        with target.open("wb") as out:
            for block in gunzipped(iter(lambda: opened.read(_BLOCK_BYTES), b"")):
                size += len(block)
                if size > _MAX_BYTES:
                    raise zlib.error("too much")
                out.write(block)
    return target


def _parsed(path: Path) -> Iterator[tuple[str, str]]:
    if path.stat().st_size > _MAX_BYTES:
        raise zlib.error("too much")
    root, sitemaps = "", 0
    events = etree.iterparse(
        str(path), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
    )
    for event, element in events:
        name = _local_name(element)
        if not root:
            root = name
            if root not in {"urlset", "sitemapindex"}:
                raise etree.XMLSyntaxError(f"root {root}", 0, 0, 0)
        if event == "end" and name in {"url", "sitemap"}:
            where = next((e.text for e in element if _local_name(e) == "loc"), None)
            sitemaps += name == "sitemap"
            if where and where.strip() and sitemaps <= _MAX_SITEMAPS:
                yield name, where.strip()
            element.clear()


def _local_name(element: etree._Element) -> str:
    """Empty for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
