"""The French translations: collected from the sources, compiled, and proved fresh.

python -m scripts.messages update   collects into cassandre/locale and compiles
python -m scripts.messages check    fails where update would change a file, or where a
                                    sentence has no translation
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "fr"
CATALOGUES = Path("cassandre/locale")
SCRIPTS = Path("theme/static/theme/i18n")
# Not ours to translate, or never shown.
IGNORED = ("*/tests/*", "*/vendor/*", "theme/static_src/*", "theme/static/theme/i18n/*", "bench/*")
OPTIONS = ("--no-location", "--no-obsolete", "--verbosity", "0")


class Stale(Exception):
    """A sentence for the person who ran the check."""


def sources() -> Iterator[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return (Path(name) for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def manage(folder: Path, *arguments: str) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cassandre.dev_settings",
        "CASSANDRE_DATA": str(folder / "data"),
    }
    subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=folder, env=environment, check=True
    )


def build(folder: Path) -> None:
    """Everything anew in a copy of the sources, so that nothing else on this disk takes part."""
    for path in sources():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    (folder / CATALOGUES).mkdir(parents=True, exist_ok=True)
    ignored = [word for pattern in IGNORED for word in ("--ignore", pattern)]
    manage(folder, "makemessages", "--locale", LANGUAGE, *OPTIONS, *ignored)
    js = ("--domain", "djangojs", "--extension", "js")
    manage(folder, "makemessages", "--locale", LANGUAGE, *js, *OPTIONS, *ignored)
    for catalogue in (folder / CATALOGUES).rglob("*.po"):
        # The hour of the collection would make each run differ from the last.
        lines = catalogue.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith('"POT-Creation-Date:')]
        catalogue.write_text("".join(kept), encoding="utf-8")
        compiled = str(catalogue.with_suffix(".mo"))
        subprocess.run(["msgfmt", "--check", "-o", compiled, str(catalogue)], check=True)
    manage(folder, "js_catalogue")


def results(folder: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(folder): path.read_bytes()
        for part in (CATALOGUES, SCRIPTS)
        for path in (folder / part).rglob("*.*")
        if path.is_file()
    }


def untranslated(catalogue: Path) -> list[str]:
    entries: list[str] = []
    for kind in ("--untranslated", "--only-fuzzy"):
        command = ["msgattrib", kind, "--no-wrap", str(catalogue)]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        _header, *found_entries = found.stdout.strip().split("\n\n")
        entries += found_entries
    return entries


def update() -> None:
    with tempfile.TemporaryDirectory() as name:
        build(Path(name))
        for path, content in results(Path(name)).items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_bytes(content)


def check() -> None:
    with tempfile.TemporaryDirectory() as name:
        build(Path(name))
        built, here = results(Path(name)), results(ROOT)
    stale = sorted(str(p) for p in built.keys() | here.keys() if built.get(p) != here.get(p))
    if stale:
        raise Stale(f"not fresh (make messages): {', '.join(stale)}")
    for path in here:
        if path.suffix == ".po" and (missing := untranslated(ROOT / path)):
            raise Stale("\n".join([f"{path} lacks translations of:", *missing]))


def main(arguments: list[str]) -> int:
    if not shutil.which("msgfmt"):
        sys.stderr.write("gettext is not installed: apt-get install gettext\n")
        return 1
    try:
        match arguments:
            case ["update"]:
                update()
            case ["check"]:
                check()
            case _:
                sys.stderr.write(__doc__ or "")
                return 2
    except Stale as stale:
        sys.stderr.write(f"{stale}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
