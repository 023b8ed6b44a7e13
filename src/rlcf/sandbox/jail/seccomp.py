"""A system call filter: no new processes, sockets, mounts, tracing or signals to others.

A list of what is denied rather than of what is allowed, since a JVM's needs differ
between versions; it is the second wall behind namespaces and the user, or the first
where those are missing. Filter programs: the kernel's `seccomp_filter` document.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from .linux import PR_SET_SECCOMP, prctl

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_KILL = 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000
_CLONE_THREAD = 0x10000
_FILTER_MODE = 2

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN = {"x86_64": 0, "aarch64": 1}

_DENIED = {
    # name: (x86-64, AArch64); -1 where the call does not exist
    "socket": (41, 198),
    "fork": (57, -1),
    "vfork": (58, -1),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "memfd_create": (319, 279),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "sethostname": (170, 161),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
}
_FOR_PROCESSES = ("fork", "vfork", "kill", "tkill")
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_TGKILL = (234, 131)


def install(processes: bool = False) -> None:
    """Filter this process and what it becomes; needs no-new-privileges.

    With `processes` it may start others and signal them, as compiler drivers do; only inside
    namespaces of its own, or as a user of its own, is that harmless.

    Raises:
        OSError: the kernel does not offer it, or not for this processor.
    """
    code = _program(os.uname().machine, os.getpid(), processes)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, ctypes.c_ulong(_FILTER_MODE), ctypes.c_char_p(header))


def _program(machine: str, pid: int, processes: bool) -> bytes:
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    column = _COLUMN[machine]
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    allow = (_RETURN, 0, 0, _ALLOW)
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, _X32), refuse]
    for name, numbers in _DENIED.items():
        if numbers[column] >= 0 and not (processes and name in _FOR_PROCESSES):
            steps += [(_EQUAL, 0, 1, numbers[column]), refuse]
    # glibc falls back from clone3, whose flags a filter cannot see, to clone.
    steps += [(_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    guarded = (
        (_CLONE[column], _ANY_BIT, _CLONE_THREAD),  # threads, not processes
        (_TGKILL[column], _EQUAL, pid),  # signals to itself only
    )
    for number, test, value in () if processes else guarded:
        steps += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (test, 0, 1, value),
            allow,
            refuse,
        ]
    steps.append(allow)
    return b"".join(struct.pack("HBBI", *step) for step in steps)
