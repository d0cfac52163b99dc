"""`manage.py verify_index`: done here where this process can open the index, and by the process
that has it open otherwise, asked through a row."""

from __future__ import annotations

import logging
import time
from typing import Any
from uuid import UUID

from common.errors import CassandreError, sentence_for
from documents.building import work_off
from documents.generations import live_generation
from documents.indexing import target_of
from documents.models import Corpus, IndexCheck
from documents.verifying import repair, verify

logger = logging.getLogger(__name__)

State = IndexCheck.State
Result = dict[str, Any]

_ASK_EVERY_S = 0.5


class NoResult(Exception):
    """Whoever has the index did not compare it; one sentence says why."""


def check_live(corpus: Corpus | None = None, *, mend: bool = False) -> Result:
    """Compare the live generation with the rows, and with `mend` have it agree. What is counted
    is what was found before. Raises IndexLocked where another process has the index."""
    target = target_of(live_generation())
    report = verify(target, corpus)
    result: Result = {**report.counts(), "differs": report.differs, "anew": 0}
    if mend and report.differs:
        result["anew"] = repair(target, report)
        while work_off(target.generation.pk):
            pass
    return result


def ask_for_repair() -> None:
    """After the machine went down: points of the last seconds may be lost, rows are not."""
    logger.warning("the machine went down with the index open: it is compared with the database")
    IndexCheck.objects.create(repair=True)


def ask_for_check(corpus: Corpus | None = None, *, mend: bool, wait_s: float) -> Result:
    """The same, done by the running process that has the index. Raises NoResult."""
    row = IndexCheck.objects.create(corpus=corpus, repair=mend)
    mine = IndexCheck.objects.filter(pk=row.pk)
    until = time.monotonic() + wait_s
    try:
        while time.monotonic() < until:
            found = mine.get()
            if found.state == State.DONE:
                return dict(found.result)
            if found.state == State.FAILED:
                raise NoResult(sentence_for(str(found.result.get("error", "")), {}))
            time.sleep(_ASK_EVERY_S)
        raise NoResult("The process that has the index did not answer; see its log.")
    finally:
        mine.delete()


def queued_checks() -> list[UUID]:
    queued = IndexCheck.objects.filter(state=State.QUEUED).order_by("created_at")
    return list(queued.values_list("pk", flat=True))


def check(check_id: UUID) -> None:
    """Do what a row asks for, and leave the result on it."""
    row = IndexCheck.objects.filter(pk=check_id, state=State.QUEUED)
    if not row.update(state=State.RUNNING):
        return
    wanted = IndexCheck.objects.select_related("corpus").filter(pk=check_id).first()
    if wanted is None:
        return
    found = IndexCheck.objects.filter(pk=check_id)
    try:
        result = check_live(wanted.corpus, mend=wanted.repair)
    except Exception as error:
        logger.exception("comparing index and database failed")
        code = error.code if isinstance(error, CassandreError) else CassandreError.code
        found.update(state=State.FAILED, result={"error": code})
        return
    found.update(state=State.DONE, result=result)
