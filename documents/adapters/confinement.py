"""What a child process gives up before it reads a stranger's file. Linux; elsewhere less holds.

The network is closed by a seccomp filter, which needs no privilege: no new socket, no other
program or process, no signal to anybody, no io_uring (it would open sockets past the filter). Which
files it reaches is documents/adapters/landlock.py. A tool that is run for us (OCR,
LibreOffice) inherits a filter of its own: it may start programs, but none of them leaves the
process group, by which all are ended; and it may have sockets of this machine's own kind without
connecting them to anything.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _JUMP_IF_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_CLONE_THREAD = 0x10000
_Instructions = list[tuple[int, int, int, int]]
_X32_CALLS = 0x40000000  # x86-64's second numbering of the same calls
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBERS = {
    "socket": {"x86_64": 41, "aarch64": 198},
    "connect": {"x86_64": 42, "aarch64": 203},
    "execve": {"x86_64": 59, "aarch64": 221},
    "execveat": {"x86_64": 322, "aarch64": 281},
    "ptrace": {"x86_64": 101, "aarch64": 117},
    "io_uring_setup": {"x86_64": 425, "aarch64": 425},
    "setsid": {"x86_64": 112, "aarch64": 157},
    "setpgid": {"x86_64": 109, "aarch64": 154},
    "fork": {"x86_64": 57},
    "vfork": {"x86_64": 58},
    "clone": {"x86_64": 56, "aarch64": 220},
    "clone3": {"x86_64": 435, "aarch64": 435},
    "kill": {"x86_64": 62, "aarch64": 129},
    "tkill": {"x86_64": 200, "aarch64": 130},
    "tgkill": {"x86_64": 234, "aarch64": 131},
    "rt_sigqueueinfo": {"x86_64": 129, "aarch64": 138},
    "pidfd_send_signal": {"x86_64": 424, "aarch64": 424},
    "process_vm_readv": {"x86_64": 310, "aarch64": 270},
    "process_vm_writev": {"x86_64": 311, "aarch64": 271},
}
_OF_A_READER = (
    *("socket", "execve", "execveat", "ptrace", "io_uring_setup"),
    # It can end nobody but itself, nor multiply: a bound on processes does not bind root.
    *("fork", "vfork", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "pidfd_send_signal"),
    *("process_vm_readv", "process_vm_writev"),
)
_OF_A_TOOL = ("connect", "ptrace", "io_uring_setup", "setsid", "setpgid")


def limit_resources(
    *, memory_bytes: int, cpu_seconds: int, file_bytes: int = 10_000_000, open_files: int = 64
) -> None:
    """Bounds of this process for good; `file_bytes` is of each file that it writes."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_NOFILE, open_files)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, file_bytes)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def memory_ran_short() -> bool:
    """Whether the bound was all but reached: parsers in C report a failed allocation as they
    please, often as a fault of the file."""
    bound, _ = resource.getrlimit(resource.RLIMIT_AS)
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    peak = next((int(line.split()[1]) for line in status.split("\n") if "VmPeak" in line), 0)
    return bound != resource.RLIM_INFINITY and peak * 1024 > 0.9 * bound


def close_network() -> bool:
    """Whether it is closed now: tried, not assumed. No other program can be run either."""
    _filter(_OF_A_READER, _only_threads)
    return _is_closed()


def close_network_of_tool() -> bool:
    """The same for this process and the programs that it runs."""
    _filter(_OF_A_TOOL, _only_local_sockets)
    return _is_closed()


def _is_closed() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except OSError:
        return True
    return False


def _filter(names: tuple[str, ...], limited: Callable[[str], _Instructions]) -> None:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        return
    refused = [_NUMBERS[name][machine] for name in names if machine in _NUMBERS[name]]
    program = _filter_program(_ARCHITECTURES[machine], refused, limited(machine))
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0) == 0:
        prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0)


def _only_local_sockets(machine: str) -> _Instructions:
    """Ends at ALLOW, the next instruction, or at REFUSE behind it."""
    return [
        (_JUMP_IF_EQUAL, 0, 2, _NUMBERS["socket"][machine]),
        (_LOAD, 0, 0, 16),
        (_JUMP_IF_EQUAL, 0, 1, socket.AF_UNIX),
    ]


def _only_threads(machine: str) -> _Instructions:
    """The same. Of clone3 the flags are out of reach: unknown, so that clone is used instead."""
    return [
        (_JUMP_IF_EQUAL, 0, 1, _NUMBERS["clone3"][machine]),
        (_RETURN, 0, 0, _UNKNOWN),
        (_JUMP_IF_EQUAL, 0, 2, _NUMBERS["clone"][machine]),
        (_LOAD, 0, 0, 16),
        (_JUMP_IF_SET, 0, 1, _CLONE_THREAD),
    ]


def _filter_program(architecture: int, refused: list[int], limited: _Instructions) -> bytes:
    """Classic BPF over struct seccomp_data: the call's number at 0, the architecture at 4, the
    first argument's lower half at 16 (both architectures are little-endian).

    Jumps are relative to the next instruction; the last two are ALLOW and REFUSE.
    """
    count = len(refused)
    beyond = count + len(limited)
    instructions = [
        (_LOAD, 0, 0, 4),
        (_JUMP_IF_EQUAL, 0, beyond + 3, architecture),
        (_LOAD, 0, 0, 0),
        (_JUMP_IF_AT_LEAST, beyond + 1, 0, _X32_CALLS),
        *((_JUMP_IF_EQUAL, beyond - index, 0, call) for index, call in enumerate(refused)),
        *limited,
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)


def first_line() -> bytes:
    """The request on standard input. Read without buffering beyond it: the rest of the stream tells
    of the parent's end."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        line += byte
    return bytes(line)


def exit_with_parent() -> None:
    """End this process as soon as nobody holds the other end of its standard input.

    Call after the filter is installed: it holds for threads that are started later.
    """

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
