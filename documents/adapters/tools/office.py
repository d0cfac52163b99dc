"""DOC and RTF by LibreOffice: saved as ODT, whose extractor has the headings and tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from documents.adapters.tools.runner import ToolBounds, ToolFailed, find_tool, run_tool
from documents.errors import CorruptFile, OfficeMissing

# No macro, no script, nothing that a file names elsewhere: neither fetched nor asked for.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
{items}
</oor:items>
"""
_ITEM = (
    '<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
    "<value>{value}</value></prop></item>"
)
_SETTINGS = (
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "2"),  # never
    ("Writer/Content/Update", "Field", "false"),
)


def find_office() -> str:
    """The path of LibreOffice; "" where it is not here."""
    return find_tool("soffice", "libreoffice")


def save_as_odt(
    source: Path, suffix: str, folder: Path, bounds: ToolBounds, on_wait: Callable[[], None]
) -> Path:
    """The ODT made of a file of the format that `suffix` names (".doc"), in `folder`.

    Raises OfficeMissing, ExtractionExceeded, CorruptFile where LibreOffice makes nothing of it.
    """
    office = find_office()
    if not office:
        raise OfficeMissing
    profile, copy = folder / "profile", folder / f"document{suffix}"
    (profile / "user").mkdir(parents=True)
    items = "\n".join(
        _ITEM.format(path=path, name=name, value=value) for path, name, value in _SETTINGS
    )
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE.format(items=items))
    shutil.copyfile(source, copy)
    command = (
        office,
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        "--convert-to",
        "odt:writer8",
        "--outdir",
        str(folder / "out"),
        str(copy),
    )
    try:
        # It has files in more places than can be named for every system, and needs them to start.
        run_tool(command, folder, bounds, on_wait=on_wait, readable=None)
    except ToolFailed as failure:
        raise CorruptFile(cause=f"LibreOffice: {failure}") from failure
    made = folder / "out" / "document.odt"
    if not made.is_file():  # it ends with 0 all the same
        raise CorruptFile(cause="LibreOffice made nothing of it")
    return made
