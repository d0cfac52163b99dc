"""A backup restored is the installation as it was: each row, each file, each right."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import FileField

from accounts.models import User
from backups.adapters.registry import open_target
from backups.archive import open_archive
from backups.models import BackupRecord
from backups.restoring import restore
from backups.tables import LEFT_OUT
from backups.tests.house import build_house, clear, sums
from backups.writing import make_backup
from documents.generations import live_generation
from documents.models import DocumentVersion, DueVersion
from documents.tests.builders import make_corpus
from documents.tests.pdf_writer import pdf
from documents.tests.pipeline import bring_online

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "What is the rate of overtime?"
EMBEDDED = dict.fromkeys(
    ("DB_HOST", "QDRANT_URL", "MINIO_URL", "CHANNEL_REDIS", "CELERY_BROKER_URL"), ""
)


def make_older(folder: Path) -> None:
    """As if an earlier Cassandre, without the tables of `ai`, had made it."""
    (path,) = folder.glob("backups/*/manifest.json")
    manifest = json.loads(path.read_text())
    assert manifest["migrations"].pop("ai")
    path.write_text(json.dumps(manifest))


def second_installation(folder: Path, source: Path, onward: Path) -> dict[str, object]:
    """Embedded, in a process of its own: it restores, indexes, is asked, and is backed up."""
    command = [sys.executable, "-m", "backups.tests.second", str(source), str(onward), QUESTION]
    environment = {
        **os.environ,
        **EMBEDDED,
        "CASSANDRE_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "cassandre.dev_settings",
        "LOG_LEVEL": "ERROR",
        "OPENAI_API_KEY": "",
        "PARADIGM_HOST": "",
        "EMBEDDING_MODEL": "",
    }
    done = subprocess.run(
        command,
        cwd=django_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_it_answers_in_a_second_installation_and_comes_back_from_there(
    bucket, handbook, alice, bob, charlie, dana, here, folder, tmp_path
):
    """In services mode from PostgreSQL and S3 into SQLite and a folder, and back again."""
    build_house(handbook, alice, bob)
    pages = ("Salaries are paid on the last day.", "Overtime is paid at a rate of 150 percent.")
    pay = bring_online(alice, handbook, "pay.pdf", pdf(*pages))
    make_corpus(dana.membership.organisation, "Elsewhere’s own")
    before = sums()
    make_backup(here)
    make_older(folder)

    asked = second_installation(tmp_path / "second", folder, tmp_path / "onward")
    assert asked["bob@example.org"] == [[str(pay.pk), 2, pages[1]]]
    for stranger in ("charlie@example.org", "dana@example.org"):
        assert asked[stranger] == []

    clear()
    restore(open_archive(open_target(str(tmp_path / "onward"))))
    after = sums()
    # What was asked there came with it.
    grown = {label for label in before if before[label] != after[label]}
    assert grown == {"chat.Citation", "chat.Conversation", "chat.Message", "chat.TurnLog",
                     "chat.TurnLog_corpora"}  # fmt: skip


@pytest.mark.parametrize("encrypt", [False, True], ids=["plain", "encrypted"])
def test_every_row_and_file_comes_back(house, target, encrypt, settings):
    if encrypt:
        from pyrage import x25519

        identity = x25519.Identity.generate()
        settings.BACKUP_RECIPIENT = str(identity.to_public())
        settings.BACKUP_IDENTITY = str(identity)
    before = sums()
    made = make_backup(target, encrypt=encrypt)
    assert (made.state, made.encrypted, made.files) == ("done", encrypt, 2)
    clear()
    restore(open_archive(target))
    assert sums() == before
    assert connection.get_autocommit()


def test_the_next_row_is_numbered_behind_those_that_came(house, here):
    highest = max(User.user_permissions.through.objects.values_list("pk", flat=True))
    make_backup(here)
    clear()
    restore(open_archive(here))
    user = User.objects.all()[0]
    permission = user.user_permissions.model.objects.order_by("-pk")[0]
    user.user_permissions.add(permission)
    assert max(User.user_permissions.through.objects.values_list("pk", flat=True)) > highest


def test_all_files_that_are_online_are_due_in_the_index_afterwards(house, here):
    make_backup(here)
    clear()
    restore(open_archive(here))
    ready = DocumentVersion.objects.filter(state="ready").values_list("pk", flat=True)
    due = DueVersion.objects.filter(generation=live_generation())
    assert set(due.values_list("version", flat=True)) == set(ready) != set()
    record = BackupRecord.objects.get(kind="restore")
    assert (record.state, record.rows > 0) == ("done", True)


def test_it_is_refused_where_somebody_works_already(house, here):
    make_backup(here)
    before = sums()
    with pytest.raises(CommandError, match=r"1 accounts\.Organisation.*installation-not-empty"):
        call_command("restore", "--from", here.address)
    assert sums() == before


def test_it_is_refused_beside_files_that_are_not_its_own(house, here, storage):
    from django.core.files.base import ContentFile

    make_backup(here)
    clear()
    storage.save("documents/else.txt", ContentFile(b"somebody's"))
    with pytest.raises(CommandError, match=r"documents/else\.txt"):
        call_command("restore", "--from", here.address)
    assert not User.objects.exists()


def test_every_field_that_names_a_stored_file_is_backed_up():
    """A new one belongs in backups/stored.py."""
    fields = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, FileField)
    }
    assert fields == {"documents.DocumentVersion.file", "documents.Source.file"}


def test_every_table_that_is_left_out_exists():
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert labels >= LEFT_OUT


def test_no_secret_of_the_environment_is_in_it(house, here, folder, settings):
    make_backup(here)
    content = b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("**/*.gz"))
    assert b"alice@example.org" in content
    assert settings.SECRET_KEY.encode() not in content
