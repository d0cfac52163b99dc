"""Keeps what an installation of a release looks like, for the test that upgrades it.

    python -m scripts.release_fixture 0.5.0

Run at each release: it makes a small installation with this release's own code, in a scratch
folder, and writes its rows and its migrations to cassandre/tests/releases/<release>.json. For a
release of the past, run this file by its path from an unpacked copy of that release.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

RELEASES = Path(__file__).resolve().parent.parent / "cassandre" / "tests" / "releases"
OURS = ("accounts", "ai", "backups", "chat", "common", "documents", "evaluation")
PAGES = ("Employees have 25 days of annual leave.", "Unused days expire on 31 March.")


def fill() -> None:
    """An organisation with two people, what they may read, and a conversation about it."""
    from accounts.models import Membership, Organisation, User  # noqa: PLC0415 (needs the apps)
    from cassandre.preparing import prepare  # noqa: PLC0415 (as above)
    from chat.models import Conversation, Message  # noqa: PLC0415 (as above)
    from documents.tests.builders import (  # noqa: PLC0415 (as above)
        failed_document,
        grant,
        make_corpus,
        ready_document,
    )

    prepare(lambda _line: None)
    organisation = Organisation.objects.get()
    # Not to sign in with: only the form of the hash is kept.
    bob = User.objects.create(email="bob@example.org", name="Bob", password="!")  # noqa: S106
    Membership.objects.create(user=bob, organisation=organisation, role=Membership.Role.MEMBER)
    rules = make_corpus(organisation, "Rules", welcome_message="How we work.")
    grant(rules, bob)
    leave = ready_document(rules, title="Leave", pages=PAGES)
    failed_document(rules)
    ready_document(make_corpus(organisation, "Secret"), title="Salaries", pages=["Nobody's leave."])
    conversation = Conversation.objects.create(
        user=bob, organisation=organisation, title="Days of leave"
    )
    question = Message.objects.create(
        conversation=conversation, role=Message.Role.USER, text="How many days?"
    )
    Message.objects.create(
        conversation=conversation,
        role=Message.Role.ASSISTANT,
        parent=question,
        text=f"Employees have **25 days** ({leave.title}).",
        status=Message.Status.DONE,
    )


def dump() -> dict[str, Any]:
    """All rows of our apps, and which migrations made their tables."""
    from django.apps import apps  # noqa: PLC0415 (needs the settings)
    from django.core import serializers  # noqa: PLC0415 (as above)
    from django.db import connection  # noqa: PLC0415 (as above)
    from django.db.migrations.recorder import MigrationRecorder  # noqa: PLC0415 (as above)

    models: list[Any] = [
        model
        for app in OURS
        if apps.is_installed(app)
        for model in apps.get_app_config(app).get_models()
    ]
    rows = [row for model in models for row in model.objects.order_by("pk")]
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "migrations": sorted(f"{app}.{name}" for app, name in applied),
        "rows": serializers.serialize("python", rows),
    }


def main(release: str) -> int:
    from django.core.serializers.json import DjangoJSONEncoder  # noqa: PLC0415 (only here)

    if not re.fullmatch(r"\d+\.\d+\.\d+", release):
        sys.stderr.write(f"{release}: expected a release such as 0.5.0\n")
        return 2
    sys.path.insert(0, str(Path.cwd()))
    with tempfile.TemporaryDirectory(prefix="cassandre-release-") as folder:
        # Embedded, whatever a developer's environment says.
        for name in ("DB_HOST", "MINIO_URL", "QDRANT_URL", "CHANNEL_REDIS", "CELERY_BROKER_URL"):
            os.environ[name] = ""
        os.environ |= {
            "CASSANDRE_DATA": folder,
            "DJANGO_SETTINGS_MODULE": "cassandre.base_settings",
            "DJANGO_SUPERUSER_EMAIL": "alice@example.org",
            "DJANGO_SUPERUSER_PASSWORD": "of a scratch installation",
        }
        import django  # noqa: PLC0415 (reads the environment)

        django.setup()
        fill()
        kept = {"release": release, **dump()}
    RELEASES.mkdir(exist_ok=True)
    path = RELEASES / f"{release}.json"
    text = json.dumps(kept, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{path.name}: {len(kept['rows'])} rows, {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.stderr.write(__doc__ or "")
        raise SystemExit(2)
    raise SystemExit(main(sys.argv[1]))
