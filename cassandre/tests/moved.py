"""A program, not a test: an installation that is moved, looked at from inside.

    python -m cassandre.tests.moved ACTION...     one after the other:
                                    seed          people, rights, a PDF, a text, answers
                                    look          what each person finds and may open
                                    ask           bob's and charlie's questions, asked there
    python -m cassandre.tests.moved move WHAT...  WHAT is a file of variables, or one to be killed
                                                  with SIGKILL: FILE@STEP:N at a step's Nth report,
                                                  FILE@done before the first step is noted as done;
                                                  FILE@held while Cassandre has the folder,
                                                  FILE@left with a state of long ago

Writes JSON to MOVED_REPORT. Where it runs is for the environment to say.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from documents.tests.killed_ingestion import in_child

PEOPLE = ("alice", "bob", "charlie")
LEAVE = "Employees have twenty-five days of annual leave, and may carry over five of them."
TRAVEL = "Travel by train is paid in second class, and by night in a couchette."
QUESTION, APPROVED = "Who may carry over annual leave?", "Up to when must leave be taken?"
APPROVED_TEXT = "By the end of March of the next year[1]."


def seed() -> object:
    from django.core.management import call_command

    from accounts.services import create_first_administrator
    from accounts.tests.cast import make_person
    from chat.tests.turns import log_turn
    from documents.adapters.registry import close_indexes
    from documents.tests.approved import approve
    from documents.tests.builders import grant, make_corpus
    from documents.tests.pdf_writer import pdf
    from documents.tests.pipeline import bring_online

    call_command("migrate", verbosity=0)
    alice = create_first_administrator(email="alice@example.org", password="-", name="Alice")
    organisation = alice.membership.organisation
    bob, _charlie = (make_person(organisation, name) for name in ("Bob", "Charlie"))
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, bob)
    leave = bring_online(alice, corpus, "leave.pdf", pdf(LEAVE, "Nothing else.")).document
    bring_online(alice, corpus, "travel.txt", TRAVEL)
    approve(alice, corpus, [leave], question=APPROVED, text=APPROVED_TEXT)
    log_turn(bob, [leave], "How many days of leave?")
    close_indexes()
    return None


def look() -> object:
    from django.test import Client
    from django.urls import reverse

    from accounts.models import User
    from chat.models import Conversation, Message
    from chat.selectors import conversations_of
    from documents.adapters.registry import close_indexes
    from documents.models import Document
    from documents.retrieval import search

    seen: dict[str, Any] = {}
    for person in PEOPLE:
        user = User.objects.get(email=f"{person}@example.org")
        client = Client(headers={"host": "localhost"})
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        files = {}
        for document in Document.objects.order_by("title"):
            reply = client.get(reverse("documents:file", args=[document.pk]))
            body = b"".join(reply) if reply.status_code == 200 else b""
            files[document.title] = [reply.status_code, hashlib.sha256(body).hexdigest()]
        answers = Message.objects.filter(
            conversation__in=conversations_of(user), role=Message.Role.ASSISTANT
        )
        seen[person] = {
            "found": [
                [found.title, found.page, found.text] for found in search(user, QUESTION).passages
            ],
            "files": files,
            "answers": [[one.text, one.citations.count()] for one in answers],
        }
    seen["conversations"] = Conversation.objects.count()
    close_indexes()
    return seen


def ask() -> object:
    from documents.adapters.registry import close_indexes

    told = {
        f"{person}: {question}": asyncio.run(_answer(person, question))
        for person in ("bob", "charlie")
        for question in (QUESTION, APPROVED)
    }
    close_indexes()
    return told


async def _answer(person: str, question: str) -> str:
    from accounts.models import User
    from chat.frames import Ask
    from chat.models import Message
    from chat.services import ask, read_answer

    user = await User.objects.aget(email=f"{person}@example.org")
    asked = await ask(user.pk, Ask(id=f"{person}-{question}", text=question), language="en")
    async for _frame in read_answer(user.pk, asked.answer, 0):
        pass
    answer = await Message.objects.aget(pk=asked.answer)
    return answer.text


def move(*wanted: str) -> object:
    # Once, rather than in each child.
    import minio  # noqa: F401
    import psycopg  # noqa: F401
    import qdrant_client  # noqa: F401

    import cassandre.management.commands.move_to_services  # noqa: F401

    told = []
    for one in wanted:
        file, _, kill = one.partition("@")
        report = Path(f"{file}.report")
        report.unlink(missing_ok=True)
        status = in_child(partial(_move, file, kill, report))
        said = report.read_text() if report.exists() else ""
        told.append("killed" if os.WIFSIGNALED(status) else said)
    return told


def _move(file: str, kill: str, report: Path) -> None:
    from django.core.management import CommandError, call_command

    if kill == "held":
        from documents.adapters.index_lock import IndexLock
        from documents.adapters.registry import index_folder

        IndexLock(index_folder()).acquire()
    elif kill == "left":
        from django.conf import settings

        from cassandre.moving.state import State
        from cassandre.moving.target import read_target

        fingerprint = read_target(Path(file)).fingerprint
        State.of(Path(settings.CASSANDRE_DATA), fingerprint).finish("database")
    elif kill:
        _arrange(*kill.split(":"))
    try:
        call_command("move_to_services", env=Path(file))
        report.write_text("moved")
    except CommandError as error:
        report.write_text(str(error))
    except BaseException as error:
        report.write_text(repr(error))
        raise


def _arrange(step: str, number: str = "1") -> None:
    from cassandre.moving import progress, state

    if step == "done":
        state.State.finish = _killed  # type: ignore[method-assign,assignment]
        return
    original, left = progress.Bar.advance, int(number)

    def advance(self: progress.Bar, count: int) -> None:
        nonlocal left
        original(self, count)
        left -= self._name == step
        if left == 0:
            _killed()

    progress.Bar.advance = advance  # type: ignore[method-assign]


def _killed(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "move":
        told = move(*sys.argv[2:])
    else:
        told = [{"seed": seed, "look": look, "ask": ask}[action]() for action in sys.argv[1:]]
    Path(os.environ["MOVED_REPORT"]).write_text(json.dumps(told))
