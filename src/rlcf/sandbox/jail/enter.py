"""Builds the jail around this process and becomes the command.

Each wall is tried; what could not be had is named in the report, and the parent says so
once. Only the namespaces are all or nothing: half a change of root is no place to run.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from typing import Any

from . import landlock, linux, root, seccomp

_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)
_FIRST_UID = 20_000
_UIDS = 40_000
_FIXED = (signal.SIGKILL, signal.SIGSTOP)
_UID_INSIDE = 1000


def main() -> None:
    """Entry: the plan is the first argument, as JSON (see `rlcf.sandbox.isolation.Plan`)."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    die_with_parent()
    report: dict[str, bool] = {"namespaces": plan["namespaces"] != "none"}
    uid = _FIRST_UID + os.getpid() % _UIDS  # before the PID namespace makes us 1
    if plan["serve"]:
        from . import cell  # while its file is in sight
    if report["namespaces"]:
        _leave(plan)
    if plan["serve"]:
        cell.serve(plan, uid)
    _limits(plan, own_user=plan["user"] or plan["namespaces"] == "user")
    report["user"] = plan["namespaces"] == "user" or (plan["user"] and _become(uid))
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if not report["namespaces"]:
        report["landlock"] = _landlock(plan)
        with contextlib.suppress(OSError):
            os.chdir("/")
    die_with_parent()  # changing users cleared it
    report["seccomp"] = _seccomp()
    if plan["report"]:
        print(json.dumps(report), flush=True)
    os.execve(plan["command"][0], plan["command"], plan["environment"])


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    linux.prctl(linux.PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _leave(plan: dict[str, Any]) -> None:
    """Enter new namespaces; the caller goes on as process 1 of the PID namespace."""
    if plan["namespaces"] == "user":
        uid, gid = os.getuid(), os.getgid()
        linux.unshare(_NAMESPACES | linux.CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{_UID_INSIDE} {uid} 1")
        _write("/proc/self/gid_map", f"{_UID_INSIDE} {gid} 1")
    else:
        linux.unshare(_NAMESPACES)
    root.change_root(
        plan["readable"],
        plan["devices"],
        plan["scratch_mb"],
        plan["scratch_files"],
        plan["scratch_executable"],
        plan["shared_mb"],
    )
    child = os.fork()
    if child:
        _wait_for(child)
    die_with_parent()
    root.mount_proc()


def _wait_for(child: int) -> None:
    """Stand in for the child outside its namespace: end as it ends."""
    for stream in (0, 1):  # so that the pipes break when the child ends
        os.close(stream)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:  # by a signal: end the same way, which an exit status cannot imitate
        if -code not in _FIXED:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _limits(plan: dict[str, Any], own_user: bool) -> None:
    for name, value in plan["rlimits"].items():
        if name == "NPROC" and not own_user:
            continue  # it would count the caller's other processes
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


def _become(uid: int) -> bool:
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:
        return False
    return True


def _landlock(plan: dict[str, Any]) -> bool:
    try:
        landlock.install([*plan["readable"], "/proc", "/sys"], plan["devices"])
    except OSError:
        return False
    return True


def _seccomp() -> bool:
    try:
        seccomp.install()
    except OSError:
        return False
    return True
