"""Database, files and index compared, also while Cassandre runs."""

from __future__ import annotations

from backups.consistency.files import compare_files
from backups.consistency.findings import Kind, Report
from backups.consistency.rows import compare_rows
from backups.patience import unlimited
from common.errors import CassandreError
from documents.checking import NoResult, ask_for_check, check_live
from documents.errors import IndexLocked

_KINDS = {
    Kind.INDEX_MISSING: "missing",
    Kind.INDEX_SUPERFLUOUS: "superfluous",
    Kind.INDEX_DIFFERING: "differing",
}


def check_consistency(*, deep: bool = False, mend: bool = False, wait_s: float = 600) -> Report:
    """`deep` reads every file. `mend` deletes files without a row that are older than a day, has
    files read or indexed again, and takes up what nobody works on; what is lost stays lost.
    `wait_s`: for the process that has the index."""
    report = Report()
    with unlimited():
        compare_rows(report, mend=mend)
        compare_files(report, deep=deep, mend=mend)
    _compare_index(report, mend=mend, wait_s=wait_s)
    return report


def _compare_index(report: Report, *, mend: bool, wait_s: float) -> None:
    try:
        try:
            result = check_live(mend=mend)
        except IndexLocked:
            result = ask_for_check(mend=mend, wait_s=wait_s)
    except (NoResult, CassandreError) as error:
        reason = error.user_sentence if isinstance(error, CassandreError) else str(error)
        report.add(Kind.INDEX_NOT_COMPARED, reason)
        return
    for what in ("chunks", "files"):
        counts = result[what]
        report.counts[f"points of {what}"] = counts["points"]
        for kind, column in _KINDS.items():
            if number := counts[column]:
                mended = number if mend else 0
                report.add(kind, f"{number} {what}", count=number, repaired=mended)
