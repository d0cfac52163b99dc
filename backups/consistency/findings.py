"""What a check has found, kind by kind: how often, how much of it was mended, a few examples."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

EXAMPLES = 10


class Kind(StrEnum):
    FILE_MISSING = "file-missing"  # a row names it, the storage has none
    FILE_OTHER_SIZE = "file-other-size"
    FILE_OTHER_CONTENT = "file-other-content"  # by its hash, with --deep
    FILE_WITHOUT_ROW = "file-without-row"
    ONLINE_WITHOUT_PAGES = "online-without-pages"
    ONLINE_WITHOUT_PASSAGES = "online-without-passages"
    SEVERAL_LIVE = "several-live-versions"
    CITATION_NOWHERE = "citation-nowhere"  # its page or its span is not there
    LEASE_TOO_OLD = "lease-too-old"  # nobody works on it, and no sweep has taken it up
    ROW_WITHOUT_ROW = "row-without-row"  # a foreign key that leads nowhere
    INDEX_MISSING = "index-missing"  # passages without a point
    INDEX_SUPERFLUOUS = "index-superfluous"
    INDEX_DIFFERING = "index-differing"  # in another corpus, or for other days
    INDEX_NOT_COMPARED = "index-not-compared"


@dataclass(slots=True)
class Finding:
    count: int = 0
    repaired: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    counts: dict[str, int] = field(default_factory=dict)
    findings: dict[Kind, Finding] = field(default_factory=dict)

    def add(self, kind: Kind, example: str, *, count: int = 1, repaired: int = 0) -> None:
        finding = self.findings.setdefault(kind, Finding())
        finding.count += count
        finding.repaired += repaired
        if len(finding.examples) < EXAMPLES:
            finding.examples.append(example)

    @property
    def is_clean(self) -> bool:
        """Nothing was found, or all of it was mended."""
        return all(found.repaired >= found.count for found in self.findings.values())

    def as_json(self) -> dict[str, Any]:
        findings = {kind.value: asdict(found) for kind, found in self.findings.items()}
        return {"clean": self.is_clean, "counts": self.counts, "findings": findings}
