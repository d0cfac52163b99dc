"""The process that a tool runs under: bounded, without network or our files, ended whole.

`python -m documents.adapters.tools.launch` takes one line of JSON on standard input (`command`,
`folder`, `readable`, `memory_bytes`, `cpu_seconds`, `file_bytes`), runs the command in the folder
and ends with its status. It is the leader of its process group, which the filter lets nobody leave;
when whoever waits for it is gone, standard input ends, and the group is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from documents.adapters.confinement import close_network_of_tool, limit_resources
from documents.adapters.landlock import close_files_of_tool

_OPEN_FILES = 512


def main() -> None:
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return
        line += byte
    request = json.loads(line)
    close_network_of_tool()
    if request["readable"] is not None:
        close_files_of_tool(Path(request["folder"]), map(Path, request["readable"]))
    threading.Thread(target=_kill_group_with_parent, daemon=True).start()
    limit_resources(
        memory_bytes=request["memory_bytes"],
        cpu_seconds=request["cpu_seconds"],
        file_bytes=request["file_bytes"],
        open_files=_OPEN_FILES,
    )
    done = subprocess.run(
        request["command"], cwd=request["folder"], stdin=subprocess.DEVNULL, check=False
    )
    # As a shell says it: a status below 0 is a signal.
    sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


def _kill_group_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
