"""`serve` keeps web and worker together: real processes, so nothing is said about the command that is not so."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from django.core.management.base import CommandError

from sequencer.management.commands import serve

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
PARENT = [sys.executable, "-c", f"import subprocess, time; subprocess.Popen({SLEEPER!r}); time.sleep(60)"]
DEAF = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"]


@pytest.fixture
def processes() -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    started: dict[str, subprocess.Popen[bytes]] = {}
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return serve.start(command, dict(os.environ))


def test_a_busy_port_is_named_in_one_sentence() -> None:
    with socket.socket() as other:
        other.bind((serve.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use; .* PORT={port + 1}"):
            serve.refuse_a_busy_port(port)


def test_the_first_to_end_is_named(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    processes["web server"] = start(SLEEPER)
    processes["worker"] = start([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(CommandError, match=r"The worker ended by itself \(exit code 3\)"):
        serve.watch(processes)


def test_the_end_leaves_no_grandchild(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    processes["worker"] = start(PARENT)
    until = time.monotonic() + 10
    while not (below := psutil.Process(processes["worker"].pid).children()) and time.monotonic() < until:
        time.sleep(0.05)
    serve.end(processes)
    assert processes["worker"].poll() == -signal.SIGTERM
    (grandchild,) = below
    psutil.wait_procs([grandchild], timeout=5)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_does_not_listen_is_ended_by_force(
    processes: dict[str, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "LEAVES_WITHIN", 1.0)
    processes["worker"] = start(DEAF)
    time.sleep(0.5)  # until it is deaf
    serve.end(processes)
    assert processes["worker"].poll() == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_a_killed_serve_leaves_no_orphan() -> None:
    source = f"""
import os, time
from sequencer.management.commands import serve
print(serve.start({SLEEPER!r}, dict(os.environ)).pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
