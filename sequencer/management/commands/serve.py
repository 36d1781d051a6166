"""`serve`: the web and the worker of one machine in the foreground, as one: they start together and end together."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sequencer.env import DEFAULT_PUBLIC_URL

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
STARTS_WITHIN = 60.0
# The worker finishes what is in flight within 30 s.
LEAVES_WITHIN = 35.0
LOOKS_EVERY = 0.2
PR_SET_PDEATHSIG = 1


class Command(BaseCommand):
    help = "Runs the web server and the worker together until Ctrl-C; if one ends, so does the other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=DEFAULT_PORT)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        refuse_a_busy_port(port)
        stop_is_an_exception()
        address = f"http://localhost:{port}"
        environment = dict(os.environ)
        if settings.PUBLIC_URL == DEFAULT_PUBLIC_URL:
            environment["PUBLIC_URL"] = address
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, command in (("web server", web(port)), ("worker", worker())):
                processes[name] = start(command, environment)
            wait_until_open(port, processes)
            self.stdout.write(f"Sequencer is running: {address}/admin/ (Ctrl-C stops it)")
            self.stdout.flush()
            watch(processes)
        except StopAsked:
            self.stderr.write("Stopping: what is in flight is finished first.")
        finally:
            end(processes)


class StopAsked(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


def stop_is_an_exception() -> None:
    def ask(number: int, frame: FrameType | None) -> NoReturn:
        # A second signal must not interrupt the ending of the children.
        for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(again, signal.SIG_IGN)
        raise StopAsked

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)


def refuse_a_busy_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as err:
            raise CommandError(f"Port {port} is in use; choose another one: make run PORT={port + 1}") from err


def web(port: int) -> list[str]:
    """Two processes of four threads: eight requests at once."""
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    return [
        *(sys.executable, "-m", "gunicorn", "sequencer.wsgi"),
        *("--bind", f"{HOST}:{port}", "--graceful-timeout", "10", "--no-control-socket"),
        *options,
    ]


def worker() -> list[str]:
    return [sys.executable, sys.argv[0], "worker"]


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that Ctrl-C reaches only us and all below it can be ended with it."""
    return subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=end_with_parent)  # noqa: S603


def end_with_parent() -> None:
    """Between fork and exec: ask Linux for SIGTERM when `serve` itself is killed, so that it leaves no orphans."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until_open(port: int, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Return when the web server takes connections. Raises CommandError when a process ended before."""
    give_up = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < give_up:
        complain_of_the_first_to_end(processes)
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(LOOKS_EVERY)
    raise CommandError(f"The web server did not answer within {STARTS_WITHIN:.0f} seconds.")


def watch(processes: dict[str, subprocess.Popen[bytes]]) -> NoReturn:
    while True:
        complain_of_the_first_to_end(processes)
        time.sleep(LOOKS_EVERY)


def complain_of_the_first_to_end(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise CommandError(f"The {name} ended by itself (exit code {process.returncode}): stopping everything.")


def end(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask each main process to finish, then take away whatever is left of its group."""
    for process in processes.values():
        process.terminate()
    give_up = time.monotonic() + LEAVES_WITHIN
    for process in processes.values():
        try:
            process.wait(max(0.0, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            sys.stderr.write("A process did not finish in time and is ended by force.\n")
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # the whole group has left, as it should
        process.wait()
