"""python -m bench.seed PEOPLE: fills the scratch installation of the environment.

A corpus of one document, so that a question finds its passages at once, and PEOPLE accounts.
Prints a JSON list of their session cookies.
"""

from __future__ import annotations

import json
import sys

TEXT = "# Leave\n\nEmployees have 25 days of annual leave, and may carry over five of them.\n"
QUESTION = "How many days of annual leave do employees have?"


def main(people: int) -> None:
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.files.base import ContentFile
    from django.core.management import call_command
    from django.db import transaction

    from accounts.models import Membership, User
    from accounts.selectors import organisation_of
    from accounts.services import create_first_administrator
    from documents.adapters.registry import close_indexes
    from documents.ingestion import ingest
    from documents.services import create_corpus, receive_upload

    call_command("migrate", verbosity=0)
    admin = create_first_administrator(email="bench@example.org", password="-", name="Bench")
    corpus = create_corpus(by=admin, name="Rules", language="en", visibility="all")
    file = ContentFile(TEXT.encode(), name="leave.md")
    ingest(receive_upload(by=admin, corpus=corpus, file=file).pk)
    organisation = organisation_of(admin)
    cookies = []
    with transaction.atomic():
        for number in range(people):
            user = User(email=f"person{number}@example.org", name=f"Person {number}")
            user.set_unusable_password()
            user.save()
            Membership.objects.create(user=user, organisation=organisation)
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.create()
            cookies.append(f"sessionid={session.session_key}")
    close_indexes()
    sys.stdout.write(json.dumps(cookies))


if __name__ == "__main__":
    main(int(sys.argv[1]))
