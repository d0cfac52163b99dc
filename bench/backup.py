"""Backing up and restoring: time, processor, memory, size.

    python -m bench.backup [--passages 10000] [--file-kib 200] [--encrypt] [--json]

Builds an installation (bench/volume_index.py) with a stored file for each document, padded with
what does not compress, as the pictures of a PDF. Then, each as a process of its own: a backup, a
second one without changes, a check, a restore into an empty installation, and the writing of its
index. Times are the wall's, `cpu_s` is user and system, `mib` the most memory that was resident.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.scratch import say, scratch_installation
from bench.volume_index import build

MIB = 2**20
LOOK_S = 0.1
INDEX = (
    "import django; django.setup()\n"
    "from documents.adapters.registry import close_indexes\n"
    "from documents.building import work_off\n"
    "from documents.generations import live_generation\n"
    "while work_off(live_generation().pk): pass\n"
    "close_indexes()\n"
)

Figures = dict[str, float]


def store_files(kib: int) -> int:
    """A file for each document; returns their bytes."""
    from django.core.files.base import ContentFile

    from documents.models import DocumentVersion

    total = 0
    for version in DocumentVersion.objects.prefetch_related("pages").iterator(chunk_size=100):
        text = "\n".join(page.text for page in version.pages.all())
        content = text.encode() + os.urandom(kib * 1024)
        version.file.save(version.file_name, ContentFile(content), save=False)
        version.bytes, version.sha256 = len(content), hashlib.sha256(content).hexdigest()
        version.media_type = "application/pdf"
        version.save(update_fields=["file", "bytes", "sha256", "media_type"])
        total += len(content)
    return total


def measured(name: str, command: list[str], data: Path) -> Figures:
    say(name)
    started = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, "CASSANDRE_DATA": str(data)},
        stdout=subprocess.DEVNULL,
    )
    most = 0
    while True:
        most = max(most, peak_mib(child.pid))
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(LOOK_S)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{name} ended with {child.returncode}")
    return {
        f"{name}_s": round(time.monotonic() - started, 1),
        f"{name}_cpu_s": round(used.ru_utime + used.ru_stime, 1),
        f"{name}_mib": most,
    }


def peak_mib(pid: int) -> int:
    """The most that was resident so far; rusage would count what the parent had at the fork."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0


def mib_of(folder: Path) -> float:
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return round(total / MIB, 1)


def rounds(data: Path, scratch: Path, encrypt: bool) -> Figures:
    target, second = scratch / "target", scratch / "second"
    backup = ["manage.py", "backup", "--to", str(target), *(["--encrypt"] if encrypt else [])]
    restore = ["manage.py", "restore", "--from", str(target)]
    figures = measured("backup", backup, data)
    figures["backup_size_mib"] = mib_of(target)
    figures |= measured("backup_again", backup, data)
    figures["backup_again_size_mib"] = round(mib_of(target) - figures["backup_size_mib"], 1)
    figures |= measured("check", [*restore, "--check-only"], second)
    figures |= measured("restore", restore, second)
    figures |= measured("index", ["-c", INDEX], second)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--file-kib", type=int, default=200)
    parser.add_argument("--encrypt", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.encrypt:
        from pyrage import x25519

        identity = x25519.Identity.generate()
        os.environ["BACKUP_RECIPIENT"] = str(identity.to_public())
        os.environ["BACKUP_IDENTITY"] = str(identity)
    with tempfile.TemporaryDirectory(prefix="cassandre-backup-") as scratch:
        folder = Path(scratch)
        with scratch_installation(keep=folder / "data") as data:
            build([], arguments.passages, 1)
            stored = store_files(arguments.file_kib)
        figures = {
            "passages": float(arguments.passages),
            "files_mib": round(stored / MIB, 1),
            "database_mib": round((data / "cassandre.sqlite3").stat().st_size / MIB, 1),
            **rounds(data, folder, arguments.encrypt),
        }
    for name, value in figures.items():
        print(f"{name:24} {value:g}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
