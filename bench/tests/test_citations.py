"""The bench of citations counts what is true, and what is not."""

from __future__ import annotations

from pathlib import Path

from accounts.models import User
from bench.citations import check_file
from documents.models import Chunk, Corpus, DocumentVersion, PageWords
from documents.tests.files import pdf
from documents.tests.pipeline import bring_online

ALL = {
    "files": 1,
    "pages": 2,
    "passages": 2,
    "on a page that exists": 2,
    "whose words stand on it": 2,
    "with boxes": 2,
    "whose boxes hold all their words": 2,
    "whose boxes hold little else": 2,
}
CONTENT = pdf("Employees have 25 days of annual leave.", "Telework: two days a week.")


def brought_online(erin: User, handbook: Corpus, folder: Path) -> tuple[Path, DocumentVersion]:
    path = folder / "guide.pdf"
    path.write_bytes(CONTENT)
    return path, bring_online(erin, handbook, path.name, CONTENT)


def test_a_sound_file_has_every_passage_where_it_says(
    transactional_db: None, erin: User, handbook: Corpus, tmp_path: Path
) -> None:
    path, version = brought_online(erin, handbook, tmp_path)
    assert check_file(erin, path, version) == ALL


def test_a_passage_on_the_wrong_page_is_counted_out(
    transactional_db: None, erin: User, handbook: Corpus, tmp_path: Path
) -> None:
    path, version = brought_online(erin, handbook, tmp_path)
    Chunk.objects.filter(version=version, page=1).update(page=2)
    PageWords.objects.filter(page__version=version, page__number=2).delete()
    counts = check_file(erin, path, version)
    assert counts["on a page that exists"] == 2
    assert counts["whose words stand on it"] == 1
    assert counts["with boxes"] == 0
