"""python -m bench.seed PEOPLE [PASSAGES]: fills the scratch installation of the environment.

A corpus of one passage, so that a question finds its own at once, or of PASSAGES (bench.passages),
uploaded and ingested as any document is; and PEOPLE accounts. Prints a JSON list of their session
cookies.
"""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING

from bench import passages as handbook

if TYPE_CHECKING:
    from accounts.models import User

TEXT = "# Leave\n\nEmployees have 25 days of annual leave, and may carry over five of them.\n"
QUESTION = "How many days of annual leave do employees have?"


def main(people: int, passages: int = 1) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.services import create_first_administrator
    from documents.adapters.registry import close_indexes

    call_command("migrate", verbosity=0)
    admin = create_first_administrator(email="bench@example.org", password="-", name="Bench")
    seed_passages(admin, passages)
    cookies = seed_people(admin, people)
    close_indexes()
    sys.stdout.write(json.dumps(cookies))


def seed_passages(admin: User, passages: int) -> None:
    """Raises RuntimeError where the pipeline made more or fewer of them."""
    from django.core.files.base import ContentFile

    from documents.ingestion import ingest
    from documents.models import Chunk
    from documents.receiving import receive_file
    from documents.services import create_corpus

    corpus = create_corpus(by=admin, name="Rules", language="en", visibility="all")
    for name, text in [("leave.md", TEXT), *handbook.files(passages - 1)]:
        file = ContentFile(text.encode(), name=name)
        ingest(receive_file(by=admin, corpus=corpus, file=file).pk)
    live = Chunk.objects.filter(version__live=True).count()
    if live != passages:
        raise RuntimeError(f"{passages} passages were sent, {live} can be searched")


def seed_people(admin: User, people: int) -> list[str]:
    """Their session cookies, as the browser sends them."""
    from django.db import transaction

    from accounts.models import Membership, User
    from accounts.selectors import organisation_of

    organisation = organisation_of(admin)
    cookies = []
    with transaction.atomic():
        for number in range(people):
            user = User(email=f"person{number}@example.org", name=f"Person {number}")
            user.set_unusable_password()
            user.save()
            Membership.objects.create(user=user, organisation=organisation)
            cookies.append(session_of(user))
    return cookies


def session_of(user: User) -> str:
    """The cookie of somebody who has just signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"sessionid={session.session_key}"


def questions_of(passages: int) -> tuple[str, ...]:
    """What the seeded documents can answer; with many passages, each asks for another one."""
    asked = handbook.questions(passages - 1)
    random.Random("asked").shuffle(asked)
    return tuple(asked) or (QUESTION,)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
