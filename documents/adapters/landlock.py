"""Which files a process may still reach, given up for good (Landlock, Linux 5.13; landlock(7)).

Needs no privilege. Elsewhere nothing is given up, and the caller is told so.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE = 1 << 0
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_REG, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_IN_FOLDERS = _READ_FILE | _READ_DIR | _WRITE_FILE | _REMOVE_FILE | _MAKE_REG | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
# What each version of the interface can deny: 13 kinds of access, then one more in 2 and in 3.
_DENIED = {1: (1 << 13) - 1, 2: (1 << 14) - 1}
_DENIED_LATER = (1 << 15) - 1

# What loading a library or telling the time may read beside the interpreter's own folders.
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/ssl/openssl.cnf",
    "/dev/urandom",
    "/proc/self",
)
# What a program of others needs to start: itself, its languages, fonts and settings.
_OF_TOOLS = ("/usr", "/lib", "/lib64", "/bin", "/opt", "/etc", "/proc", "/sys", "/dev/urandom")
_ROOT = Path(__file__).resolve().parents[2]
# Of our own folder the programs alone: the data and the secrets may lie beside them.
_PROGRAMS = ("ai", "common", "documents")


def close_files(readable: Iterable[Path] = (), writable: Iterable[Path] = ()) -> bool:
    """Whether this process now reaches nothing but its own programs, `readable`, and `writable`,
    folders in which it may make, write and remove files. Call before threads are started, and
    after the seccomp filter, which sets "no new privileges"."""
    programs = [_ROOT / name for name in _PROGRAMS]
    own = [Path(name) for name in (*_SYSTEM, sys.prefix, sys.base_prefix)]
    return _restrict(
        [(path, _READ_FILE | _READ_DIR) for path in (*own, *programs, *readable)]
        + [(path, _IN_FOLDERS) for path in writable]
    )


def close_files_of_tool(folder: Path, readable: Iterable[Path] = ()) -> bool:
    """Whether this process and the programs that it runs now reach nothing but the system's own
    folders, `readable`, and `folder`, in which they may do anything."""
    own = [Path(name) for name in (*_OF_TOOLS, sys.prefix, sys.base_prefix)]
    programs = [_ROOT / name for name in _PROGRAMS]
    run = _EXECUTE | _READ_FILE | _READ_DIR
    return _restrict(
        [(path, run) for path in (*own, *programs)]
        + [(path, _READ_FILE | _READ_DIR) for path in readable]
        + [(Path("/dev/null"), _READ_FILE | _WRITE_FILE), (folder, _DENIED_LATER)]
    )


def _restrict(rules: Iterable[tuple[Path, int]]) -> bool:
    if sys.platform != "linux":
        return False
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    version = syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return False
    denied = _DENIED.get(version, _DENIED_LATER)
    ruleset = syscall(_CREATE_RULESET, struct.pack("Q", denied), 8, 0)
    if ruleset < 0:
        return False
    for path, access in rules:
        _allow(syscall, ruleset, path, denied & access)
    syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return _is_closed()


def _allow(syscall: ctypes._NamedFuncPointer, ruleset: int, path: Path, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine
    try:
        if not path.is_dir():
            access &= _OF_FILES
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", access, descriptor), 0)
    finally:
        os.close(descriptor)


def _is_closed() -> bool:
    """Tried, not assumed."""
    try:
        os.listdir("/")  # noqa: PTH208 (an iterator would not be asked for its first item)
    except PermissionError:
        return True
    return False
