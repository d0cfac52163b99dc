"""What a fresh installation needs before its first page: tables, an administrator, a corpus."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.services import create_first_administrator
from backups.restoring import finish_restore
from common.env import env_secret, env_str
from common.storage import MinioStorage
from documents.models import Corpus
from documents.receiving import receive_file
from documents.services import create_corpus

STARTER = Path(__file__).parent / "starter"
Say = Callable[[str], None]


def prepare(say: Say) -> None:
    """Bring the database up to date and make the bucket; in a fresh database, the administrator
    and the starter corpus. Safe to run at every start."""
    call_command("migrate", verbosity=0, interactive=False)
    finish_restore()
    files = storages["default"]
    if isinstance(files, MinioStorage):
        files.make_bucket()
    if User.objects.exists():
        return
    administrator = _create_administrator(say)
    _seed_starter_corpus(administrator)


def _create_administrator(say: Say) -> User:
    email = env_str("DJANGO_SUPERUSER_EMAIL") or "admin@cassandre.local"
    password = env_secret("DJANGO_SUPERUSER_PASSWORD")
    generated = not password
    if generated:
        password = secrets.token_urlsafe(12)
    name = env_str("DJANGO_SUPERUSER_USERNAME") or "Administrator"
    user = create_first_administrator(email=email, password=password, name=name)
    say(f"First administrator: {email}")
    if generated:
        say(f"Password (shown this once): {password}")
    return user


def _seed_starter_corpus(administrator: User) -> None:
    with override("fr"):
        corpus = create_corpus(
            by=administrator,
            name=_("Getting started with Cassandre"),
            language="fr",
            visibility=Corpus.Visibility.ALL_MEMBERS,
            welcome_message=_("How to search, ask and read the sources, in French and English."),
        )
    for path in sorted(STARTER.glob("*.md")):
        file = ContentFile(path.read_bytes(), name=path.name)
        receive_file(by=administrator, corpus=corpus, file=file)
