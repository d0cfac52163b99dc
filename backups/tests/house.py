"""An installation with something of all that a backup must hold."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import default_storage
from django.core.management import call_command

from accounts.models import User
from backups.stored import stored_files
from backups.tables import LEFT_OUT, MADE_BY_MIGRATIONS
from chat.tests.turns import log_turn
from common.tables import ordered_models, sum_of
from documents.models import Corpus, Document
from documents.tests.approved import approve
from documents.tests.builders import make_version, ready_document


@dataclass(frozen=True, slots=True)
class House:
    corpus: Corpus
    document: Document


def build_house(corpus: Corpus, alice: User, bob: User) -> House:
    """Rows and files, without what reads a file or writes an index."""
    document = ready_document(
        corpus, title="Leave", pages=["Employees have 25 days of leave.", "É, 日本, “𝄞”, \n."]
    )
    make_version(document, "failed", media_type="text/plain", error_code="file-corrupt")
    approve(alice, corpus, [document])
    log_turn(bob, [document])
    bob.user_permissions.add(*bob.user_permissions.model.objects.order_by("pk")[:3])
    return House(corpus, document)


def sums() -> dict[str, object]:
    """What each table holds, whatever the database, and each file."""
    tables = {
        model._meta.label: sum_of(model, "default").digest
        for model in ordered_models()
        if model._meta.label not in LEFT_OUT
    }
    assert not set(MADE_BY_MIGRATIONS) - set(tables)
    files = {}
    for found in stored_files():
        with default_storage.open(found.name) as stored:
            files[found.name] = hashlib.sha256(stored.read()).hexdigest()
    return {**tables, "files": files}


def clear() -> None:
    """As a new installation is."""
    call_command("flush", verbosity=0, interactive=False)
    for found in list(stored_files()):
        default_storage.delete(found.name)


def manifest_of(folder: Path) -> dict[str, object]:
    (path,) = folder.glob("backups/*/manifest.json")
    return dict(json.loads(path.read_text()))
