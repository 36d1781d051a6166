"""Process matters of the worker command: children that never outlive their parent, groups that end together."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

PR_SET_PDEATHSIG = 1


_forking = threading.local()


def start_group(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A process that leads a group of its own; on Linux it ends with us from its very first moment."""
    bind = partial(_end_with, os.getpid()) if sys.platform == "linux" else None
    return subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=bind)  # noqa: S603  # ours


def end_with_parent(parent: int) -> None:
    """This process, and all that it will fork, are killed when their parent dies, whatever it dies of.

    `parent` is who started this process: it may have died before this call. What Linux was told before goes on for
    this process, but not for those that it forks.
    """
    _end_with(parent)
    os.register_at_fork(before=_remember_who_forks, after_in_child=lambda: _end_with(_forking.pid))


def _remember_who_forks() -> None:
    _forking.pid = os.getpid()


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def place() -> str:
    """Where a process number means one process: the host, on Linux also its boot and its namespace (containers)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{socket.gethostname()[:100]} {boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return socket.gethostname()[:100]


def kill(pid: int) -> None:
    """End a process by force; one that is gone already is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_group(leader: int) -> None:
    """End a whole group of processes by force, whether its leader lives or not."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def ask_to_stop(pid: int) -> None:
    """SIGTERM; a process that is gone already is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def is_running(pid: int) -> bool:
    """Whether a process of this machine lives; one that is dead and not yet collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0] == b"Z"
    except (OSError, IndexError):
        return False
