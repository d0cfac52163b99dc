"""A backup that stops among the files, to be killed there:

    python -m backups.tests.killed TARGET DATABASE STORAGE

of the database of that name, and of that storage, in JSON as in the settings.
"""

from __future__ import annotations

import json
import sys
import time

import django


def stop(what: str, _done: int) -> None:
    if what == "files":
        sys.stdout.write("among the files\n")
        sys.stdout.flush()
        time.sleep(600)


def main(address: str, database: str, storage: str) -> None:
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.STORAGES["default"] = json.loads(storage)
    django.setup()
    from backups.adapters.registry import open_target
    from backups.writing import make_backup

    make_backup(open_target(address, make=True), on_progress=stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
