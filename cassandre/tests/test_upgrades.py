"""A database of each release, with its data, is brought up to this one and used.

The rows were written by the code of that release (scripts/release_fixture.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.utils import timezone

from accounts.models import User
from chat.models import Message
from chat.selectors import conversations_of
from common.migration_effects import effects_of
from documents import tasks
from documents.models import Document, DocumentVersion
from documents.retrieval import search
from documents.selectors import corpora_readable_by, live_versions_readable_by

RELEASES = sorted(
    (Path(__file__).parent / "releases").glob("*.json"),
    key=lambda path: [int(part) for part in path.stem.split(".")],
)
OURS = {"accounts", "ai", "backups", "chat", "common", "documents", "evaluation"}

# New migrations that hold a table or break the release before, each with the reason why it may.
ALLOWED: dict[str, str] = {}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def targets(kept: dict[str, Any]) -> list[tuple[str, str]]:
    """The last migration of each app."""
    return list(dict(each.split(".", 1) for each in sorted(kept["migrations"])).items())


@contextmanager
def scratch_database(folder: Path) -> Iterator[None]:
    """The default connection leads to an empty database of its own."""
    # The dictionary is the one that connections of other threads are made from, too.
    known, own = connection.settings_dict["NAME"], "test_upgrade"
    if connection.vendor == "sqlite":
        own = str(folder / "upgrade.sqlite3")
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {_of_this_process(known)}")
            cursor.execute(f"CREATE DATABASE {_of_this_process(known)}")
        own = _of_this_process(known)
    _lead_to(own)
    try:
        yield
    finally:
        _lead_to(known)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {own} WITH (FORCE)")


def _of_this_process(known: str) -> str:
    return f"{known}_upgrade"


def _lead_to(name: str) -> None:
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name


@pytest.fixture
def upgraded(request, tmp_path, django_db_blocker) -> Iterator[dict[str, Any]]:
    """A database as that release left it, migrated by this one."""
    kept = read(request.param)
    with scratch_database(tmp_path):
        MigrationExecutor(connection).migrate(targets(kept))
        state = MigrationExecutor(connection).loader.project_state(targets(kept))
        load(state, kept["rows"])
        call_command("migrate", verbosity=0, interactive=False)
        yield kept


def load(state: ProjectState, rows: list[dict[str, Any]]) -> None:
    """With the models as they were then; keys are checked at the end of the transaction."""
    with transaction.atomic():
        many: list[tuple[Any, str, list[Any]]] = []
        for row in rows:
            model = state.apps.get_model(row["model"])
            values = {model._meta.pk.attname: model._meta.pk.to_python(row["pk"])}
            for name, value in row["fields"].items():
                field = model._meta.get_field(name)
                if field.many_to_many:
                    many.append((model, name, [row["pk"], value]))
                else:
                    target = field.target_field if field.is_relation else field
                    values[field.attname] = None if value is None else target.to_python(value)
            model(**values).save_base(raw=True, force_insert=True)
        for model, name, (pk, keys) in many:
            getattr(model._base_manager.get(pk=pk), name).set(keys)


each_release = pytest.mark.parametrize(
    "upgraded", RELEASES, indirect=True, ids=[path.stem for path in RELEASES]
)


@pytest.mark.django_db(transaction=True)
@each_release
def test_an_installation_of_the_release_goes_on_with_this_one(upgraded, client, monkeypatch):
    bob = User.objects.get(email="bob@example.org")
    secret = Document.objects.get(title="Salaries")

    # What people may read, and what not.
    assert "Rules" in {corpus.name for corpus in corpora_readable_by(bob)}
    assert "Secret" not in {corpus.name for corpus in corpora_readable_by(bob)}
    readable = {version.document.title for version in live_versions_readable_by(bob)}
    assert readable == {"Leave"}
    (conversation,) = conversations_of(bob)
    texts = list(Message.objects.filter(conversation=conversation).values_list("text", flat=True))
    assert sorted(texts) == ["Employees have **25 days** (Leave).", "How many days?"]

    # Search, once its index is written from the rows.
    call_command("reindex", stdout=StringIO())
    Document.objects.exclude(stale="").update(stale_since=timezone.now() - timedelta(days=1))
    monkeypatch.setattr(tasks.refresh_index, "delay", tasks.refresh_index)
    monkeypatch.setattr(tasks.ingest_waiting, "delay", lambda *_: None)
    tasks.sweep_ingestion()
    found = search(bob, "annual leave").passages
    assert "25 days" in found[0].text
    assert not [passage for passage in found if "Nobody" in passage.text]

    # Pages.
    client.force_login(bob)
    assert client.get(f"/chat/{conversation.pk}/").status_code == 200
    leave = Document.objects.get(title="Leave")
    assert client.get(f"/documents/{leave.pk}/").status_code == 200
    assert client.get(f"/documents/{secret.pk}/").status_code == 404
    alice = User.objects.get(email="alice@example.org")
    client.force_login(alice)
    assert "Leave" in client.get("/admin/documents/").content.decode()
    assert DocumentVersion.objects.filter(error_code="file-corrupt").count() == 1


@pytest.mark.django_db
def test_models_and_migrations_agree():
    executor = MigrationExecutor(connection)
    wanted = ProjectState.from_apps(apps)
    found = MigrationAutodetector(executor.loader.project_state(), wanted).changes(
        executor.loader.graph
    )
    assert {app: names for app, names in found.items() if app in OURS} == {}


@pytest.mark.django_db
def test_no_new_migration_holds_a_table_or_breaks_the_release_before():
    """docs/upgrading.md says what to do instead."""
    loader = MigrationExecutor(connection).loader
    released = set(read(RELEASES[-1])["migrations"])
    refused = {}
    for (app, name), migration in loader.disk_migrations.items():
        if app in OURS and f"{app}.{name}" not in released:
            before = loader.project_state((app, name), at_end=False)
            for effect in effects_of(migration, before):
                if effect.kind in {"locks", "breaks"} and f"{app}.{name}" not in ALLOWED:
                    refused[f"{app}.{name}"] = f"{effect.what}: {effect.why}"
    assert refused == {}


@pytest.mark.django_db
def test_migrations_of_a_release_stay_as_they_were_named():
    known = {f"{app}.{name}" for app, name in MigrationExecutor(connection).loader.disk_migrations}
    for path in RELEASES:
        assert {name for name in read(path)["migrations"] if name.split(".")[0] in OURS} <= known


def test_every_release_of_the_changelog_is_kept():
    text = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text()
    named = [line.split()[1] for line in text.splitlines() if line.startswith("## 0")]
    assert sorted(named) == sorted(path.stem for path in RELEASES)
