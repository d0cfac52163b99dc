"""A page of the web, or all that a sitemap lists, as a place that files are gathered from."""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from documents.adapters.extractors.detect import detect_media_type
from documents.adapters.extractors.formats import BY_EXTENSION, CSV, HTML, MARKDOWN, PLAIN
from documents.sources.errors import EntryOutside, TooManyEntries
from documents.sources.ports import Fetched, Listed, Validators
from documents.sources.sitemaps import addresses_in
from documents.sources.web import Answer, Web, bare_host

_TITLE = re.compile(rb"<title[^>]*>([^<]{1,1000})", re.IGNORECASE)
_TITLE_WITHIN_BYTES = 200_000
_NAME_CHARACTERS = 150
_TEXT_TYPES = {"text/html": HTML, "text/markdown": MARKDOWN, "text/csv": CSV}


@dataclass
class PagePlace:
    """One address."""

    web: Web
    address: str
    total: int = field(default=1, init=False)

    def listed(self) -> Generator[Listed, None, None]:
        yield Listed(self.address)

    @contextmanager
    def fetch(self, item: Listed, known: Validators) -> Iterator[Fetched | None]:
        with fetched_page(self.web, item.path, known) as fetched:
            yield fetched


@dataclass
class SitemapPlace:
    """What a sitemap lists of its own site, and the sitemaps that it lists."""

    web: Web
    address: str
    limit_files: int
    total: int = field(default=0, init=False)

    def listed(self) -> Generator[Listed, None, None]:
        """Raises TooManyEntries behind the last one that may be taken."""
        found = dict.fromkeys(addresses_in(self.web, self.address, self.limit_files + 1))
        self.total = len(found)
        for url in list(found)[: self.limit_files]:
            outside = bare_host(url) != bare_host(self.address)
            yield Listed(url, refusal=EntryOutside(file=url) if outside else None)
        if len(found) > self.limit_files:
            raise TooManyEntries(address=self.address, limit=self.limit_files)

    @contextmanager
    def fetch(self, item: Listed, known: Validators) -> Iterator[Fetched | None]:
        with fetched_page(self.web, item.path, known, site=self.address) as fetched:
            yield fetched


@contextmanager
def fetched_page(
    web: Web, url: str, known: Validators, *, site: str = ""
) -> Iterator[Fetched | None]:
    with tempfile.NamedTemporaryFile() as copy:
        path = Path(copy.name)
        answer = web.fetch(url, path, known, site=site)
        if answer is None:
            yield None
        else:
            yield Fetched(path, file_name_of(path, answer), answer.validators)


def file_name_of(path: Path, answer: Answer) -> str:
    """What the file is called: after the page's title or its address, with the ending that its
    content asks for. Raises FileRefused where it can be read by nobody here."""
    last = PurePosixPath(unquote(urlsplit(answer.url).path))
    stem = last.stem or urlsplit(answer.url).hostname or "page"
    media_type = detect_media_type(path, stem.replace(".", "_"))
    suffix = last.suffix.lower()
    if media_type == PLAIN:
        media_type = _TEXT_TYPES.get(answer.media_type, BY_EXTENSION.get(suffix, PLAIN))
    if BY_EXTENSION.get(suffix) != media_type:
        suffix = next(known for known, kind in BY_EXTENSION.items() if kind == media_type)
    if media_type == HTML:
        stem = _title_of(path) or stem
    return f"{stem[:_NAME_CHARACTERS]}{suffix}"


def _title_of(path: Path) -> str:
    with path.open("rb") as opened:
        head = opened.read(_TITLE_WITHIN_BYTES)
    found = _TITLE.search(head)
    if found is None:
        return ""
    try:
        text = found[1].decode("utf-8")
    except UnicodeDecodeError:
        text = found[1].decode("cp1252", "replace")
    words = " ".join(html.unescape(text).split())
    # It becomes the name of a file.
    return re.sub(r"[\x00-\x1f\x7f/\\]", "-", words)
