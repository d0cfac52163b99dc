"""The nightly look for leaks: does anybody see what they may not?

It asks by other ways than those that let people see: the rule against the selectors, the rows
against the index, sessions against accounts. What can be mended without taking a right from
anybody is mended; the rest is for an administrator. docs/processes.md lists what is looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from cassandre.leak_searches import Fault, Looked, look
from chat.models import Conversation
from common.models import PeriodicRun
from documents.generations import live_generation
from documents.indexing import target_of
from documents.models import CorpusGrant
from documents.verifying import Report, repair, verify

logger = logging.getLogger(__name__)

NAME = "cassandre.leak_check"
CODE = "leak-found"
# In the result; all of them are in the log.
KEPT = 50


def leak_check() -> dict[str, Any]:
    """Raises what search and index raise where they do not work: nothing is known then."""
    looked = Looked()
    report = verify(target_of(live_generation()))
    faults = list(chain(_index(report), look(looked), _grants(), _conversations(), _sessions()))
    for fault in faults:
        logger.error(
            "%s: %s: %s%s", CODE, fault.kind, fault.what, " (mended)" if fault.mended else ""
        )
    return {
        "people": looked.people,
        "searches": looked.searches,
        "points": report.chunks.points + report.files.points,
        "faults": [
            {"kind": fault.kind, "what": fault.what, "mended": fault.mended}
            for fault in faults[:KEPT]
        ],
        "found": len(faults),
    }


def last_check() -> PeriodicRun | None:
    """The last that came to its end."""
    return PeriodicRun.objects.filter(name=NAME, finished_at__isnull=False).first()


def _index(report: Report) -> Iterator[Fault]:
    """Points for other readers or other days than their rows say, or without a row. What is only
    missing shows nobody anything; it is written anew all the same."""
    wrong = {
        "differ from their rows": report.chunks.differing + report.files.differing,
        "have no row": report.chunks.superfluous + report.files.superfluous,
    }
    if report.differs:
        repair(target_of(live_generation()), report)
    for how, number in wrong.items():
        if number:
            yield Fault("index", f"{number} points {how}", mended=True)


def _grants() -> Iterator[Fault]:
    """Rights that lead out of an organisation. They have no effect, and should not be there."""
    people = CorpusGrant.objects.exclude(user=None).exclude(
        user__membership__organisation=F("corpus__organisation")
    )
    teams = CorpusGrant.objects.exclude(team=None).exclude(
        team__organisation=F("corpus__organisation")
    )
    for grant in (people | teams).order_by("pk").values_list("pk", flat=True)[:KEPT]:
        yield Fault("grant", f"grant {grant} is to another organisation")


def _conversations() -> Iterator[Fault]:
    elsewhere = Conversation.objects.exclude(organisation=F("user__membership__organisation"))
    for conversation in elsewhere.order_by("pk").values_list("pk", flat=True)[:KEPT]:
        yield Fault("conversation", f"conversation {conversation} is of another organisation")


def _sessions() -> Iterator[Fault]:
    """Of closed accounts, or of none: they open nothing, and are ended."""
    open_accounts = {
        str(pk) for pk in User.objects.filter(is_active=True).values_list("pk", flat=True)
    }
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        user = session.get_decoded().get("_auth_user_id")
        if user is not None and user not in open_accounts:
            session.delete()
            yield Fault("session", f"a session of the closed account {user}", mended=True)
