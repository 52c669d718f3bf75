"""Confining: what a child gives up before it does anything for a file: memory, the network, other programs, writing."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

NEWNS_USER, NEWNS_NET = 0x10000000, 0x40000000  # CLONE_NEWUSER and CLONE_NEWNET of <linux/sched.h>
FORBIDDEN = (
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
)
# of x86_64 and aarch64: what a confined child never calls, and gets “not permitted” for
_CALLS = {
    "x86_64": {
        "audit": 0xC000003E, "clone": 56, "clone3": 435,
        "refused": (
            41, 42, 43, 49, 50, 53, 288,  # socket connect accept bind listen socketpair accept4
            57, 58, 59, 322, 62, 101, 310, 311,  # fork vfork execve execveat kill ptrace process_vm_readv process_vm_writev
            165, 166, 155, 161, 272, 308, 160, 302,  # mount umount2 pivot_root chroot unshare setns setrlimit prlimit64
            321, 298, 425, 426, 427, 434, 424, 250, 248, 249,  # bpf perf_event_open io_uring pidfd_open … keyctl …
        ),
    },
    "aarch64": {
        "audit": 0xC00000B7, "clone": 220, "clone3": 435,
        "refused": (
            198, 203, 202, 200, 201, 199, 242,
            221, 281, 129, 117, 270, 271,
            40, 39, 41, 51, 97, 268, 164, 261,
            280, 241, 425, 426, 427, 434, 424, 219, 217, 218,
        ),
    },
}  # fmt: skip
_CLONE_THREAD = 0x00010000
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06  # of BPF: ld abs, jeq, jset, ret
_ALLOW, _NOT_PERMITTED, _NO_SUCH_CALL = 0x7FFF0000, 0x00050001, 0x00050026
_WRITES = sum(1 << bit for bit in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14))  # Landlock's rights that change files


def limit(memory: int, seconds: float | None, largest_file: int | None = None) -> list[str]:
    """Memory, processor time (s), files; what could not be enforced comes back as sentences, here and below."""
    try:
        import resource
    except ImportError:
        return ["This system has no limits on a child's memory and processor time; only its running time is limited."]
    missing = []
    wanted = {"AS": memory, "FSIZE": memory if largest_file is None else largest_file, "CORE": 0, "NOFILE": 256}
    if seconds is not None:
        wanted["CPU"] = int(seconds) + 1
    for name, value in wanted.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
        except (AttributeError, ValueError, OSError):
            missing.append(f"This system does not limit a child's {name}.")
    return missing


def leave_network() -> list[str]:
    """On Linux into a network of its own that leads nowhere."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            if ctypes.CDLL(None, use_errno=True).unshare(NEWNS_USER | NEWNS_NET) == 0:
                return []
    return ["This system does not keep native code in a child from the network; Python code in it is kept."]


def forbid() -> list[str]:
    """Python code in the child opens no socket and starts no program, on every system."""

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            raise PermissionError(f"{event} is not allowed while a file is read")

    sys.addaudithook(refuse)
    return []


def call_nothing() -> list[str]:
    """On Linux the kernel refuses new processes, programs, sockets and the like, to native code too; threads are allowed."""
    calls: Any = _CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        return ["This system does not keep native code in a child from starting programs."]
    libc = ctypes.CDLL(None, use_errno=True)
    program = _program(calls)
    filters = (_Filter * len(program))(*program)
    whole = _Program(len(program), filters)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(whole), 0, 0):  # no new privileges; the filter
        return ["This system's kernel takes no filter of a child's calls; native code in it may start programs."]
    return []


def write_only_in(folder: Path) -> list[str]:
    """On Linux no file outside the folder is made, changed or removed (Landlock)."""
    missing = ["This system does not keep native code in a child from writing where its user may."]
    if sys.platform != "linux":
        return missing
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(444, None, 0, 1)
    rights = _WRITES | (1 << 13 if version >= 2 else 0)  # moving between folders
    if version < 3:
        rights &= ~(1 << 14)  # truncating
    handled = ctypes.c_uint64(rights)
    ruleset = libc.syscall(444, ctypes.byref(handled), 8, 0) if version >= 1 else -1
    if ruleset < 0:
        return missing
    try:
        place = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        beneath = _Beneath(rights, place)
        done = libc.syscall(445, ruleset, 1, ctypes.byref(beneath), 0) == 0
        os.close(place)
        done = done and libc.prctl(38, 1, 0, 0, 0) == 0 and libc.syscall(446, ruleset, 0) == 0
    finally:
        os.close(ruleset)
    return [] if done else missing


class _Filter(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filters", ctypes.POINTER(_Filter)))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _program(calls: Any) -> Sequence[_Filter]:
    """Another architecture's calls are refused; so are those listed, and clone without a thread; clone3 there is none."""
    return [
        _Filter(_LOAD, 0, 0, 4), _Filter(_EQUAL, 1, 0, calls["audit"]), _Filter(_RETURN, 0, 0, _NOT_PERMITTED),
        _Filter(_LOAD, 0, 0, 0),
        _Filter(_SET, 0, 1, 0x40000000), _Filter(_RETURN, 0, 0, _NOT_PERMITTED),  # x32
        *_refused(calls["refused"]),
        _Filter(_EQUAL, 0, 1, calls["clone3"]), _Filter(_RETURN, 0, 0, _NO_SUCH_CALL),
        _Filter(_EQUAL, 0, 3, calls["clone"]), _Filter(_LOAD, 0, 0, 16),
        _Filter(_SET, 1, 0, _CLONE_THREAD), _Filter(_RETURN, 0, 0, _NOT_PERMITTED),
        _Filter(_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip


def _refused(numbers: Sequence[int]) -> Iterator[_Filter]:
    for number in numbers:
        yield _Filter(_EQUAL, 0, 1, number)
        yield _Filter(_RETURN, 0, 0, _NOT_PERMITTED)
