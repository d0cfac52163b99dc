"""What the curators of a version should know although it goes online: pages that were not read, a
damage that was mended, an attachment that was refused. Kept on the row in the error vocabulary."""

from __future__ import annotations

from typing import Protocol

from common.errors import CassandreError
from documents.models import DocumentVersion


class Hold(Protocol):
    """What is asked of whoever works on a version: a run, or what follows it."""

    @property
    def version(self) -> DocumentVersion: ...

    def update(self, **fields: object) -> None:
        """Write to the row where it is still theirs. Raises LeaseLost."""


def remark(run: Hold, error: CassandreError) -> None:
    """Keep one more remark on the run's version; the same one again, of a step that starts over,
    is kept once. Raises LeaseLost."""
    kept = {"code": error.code, "params": error.params}
    if kept not in run.version.remarks:
        run.version.remarks = [*run.version.remarks, kept]
        run.update(remarks=run.version.remarks)


def withdraw(run: Hold, kind: type[CassandreError]) -> None:
    """Forget what an earlier attempt remarked and this one may not find. Raises LeaseLost."""
    others = [kept for kept in run.version.remarks if kept["code"] != kind.code]
    if len(others) < len(run.version.remarks):
        run.version.remarks = others
        run.update(remarks=others)
