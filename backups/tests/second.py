"""The installation that a backup is restored into, as a process of its own:

    python -m backups.tests.second SOURCE ONWARD QUESTION

It has a table already that is newer than the backup. It restores SOURCE, writes the index, asks
the question for each person, backs up to ONWARD, and prints what each was shown: [version, page,
quote] of every citation.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from uuid import uuid4

import django


async def _ask(user: Any, question: str) -> None:
    from chat import frames, services

    asking = frames.Ask(id=uuid4().hex, text=question)
    accepted = await services.ask(user.pk, asking, language="en")
    async for _frame in services.read_answer(user.pk, accepted.answer, 0):
        pass


async def _ask_all(users: list[Any], question: str) -> None:
    for user in users:
        await _ask(user, question)


def main(source: str, onward: str, question: str) -> None:
    django.setup()
    from django.core.management import call_command

    from accounts.models import User
    from backups.adapters.registry import open_target
    from backups.writing import make_backup
    from chat.models import Citation
    from documents.adapters.registry import close_indexes
    from documents.building import work_off
    from documents.generations import live_generation

    call_command("migrate", "ai", verbosity=0)
    call_command("restore", "--from", source, verbosity=0)
    while work_off(live_generation().pk):
        pass
    before = list(Citation.objects.values_list("pk", flat=True))
    asyncio.run(_ask_all(list(User.objects.order_by("email")), question))
    shown: dict[str, list[list[object]]] = {
        email: [] for email in User.objects.values_list("email", flat=True)
    }
    for cited in Citation.objects.exclude(pk__in=before).select_related(
        "message__conversation__user"
    ):
        email = cited.message.conversation.user.email
        shown[email].append([str(cited.version_id), cited.page, cited.quote])
    make_backup(open_target(onward, make=True))
    close_indexes()
    sys.stdout.write(f"{json.dumps(shown)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
