"""File rules for a process without mount namespaces: the kernel's Landlock.

Everything is denied except reading below given paths, using given devices, and anything
below given writable folders. Network
rules of newer kernels are not used (`seccomp` denies sockets). Layouts: the kernel's
`landlock` header.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence

from .linux import syscall

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every processor
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_VERSION_1 = (1 << 13) - 1
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_PATH_BENEATH = 1


def install(readable: Sequence[str], devices: Sequence[str], writable: Sequence[str] = ()) -> None:
    """Allow only these paths from now on; needs no-new-privileges.

    Raises:
        OSError: the kernel does not offer it.
    """
    version = syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    handled = _VERSION_1
    if version >= 2:
        handled |= _REFER
    if version >= 3:
        handled |= _TRUNCATE
    attributes = struct.pack("Q", handled)
    ruleset = syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for path in readable:
        _allow(ruleset, path, _EXECUTE | _READ_FILE | _READ_DIR)
    for path in devices:
        _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
    for path in writable:
        _allow(ruleset, path, handled & ~_REFER)
    syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        access &= ~_READ_DIR
    rule = struct.pack("=Qi", access, beneath)
    syscall(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    os.close(beneath)
