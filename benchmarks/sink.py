"""A provider that is not Python: nginx on loopback, which accepts every message with an id of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location = /status {{ stub_status; }}
        location / {{ return 200 '{{"recipient_id":"1","message_id":"m_$request_id"}}'; }}
    }}
}}
"""


class SinkMissing(Exception):
    """nginx is not on this machine."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink; `requests_seen` counts every request since it started, its own questions included."""

    url: str

    def requests_seen(self) -> int:
        """The third figure of nginx's status page."""
        lines = requests.get(f"{self.url}/status", timeout=5).text.splitlines()
        return int(lines[2].split()[2])


@contextmanager
def a_sink() -> Iterator[Sink]:
    """nginx on a free port with a configuration of its own; raises SinkMissing."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    if program is None:
        raise SinkMissing("nginx is missing. Debian, Ubuntu: apt install nginx-light; macOS: brew install nginx")
    with tempfile.TemporaryDirectory(prefix="sequencer-sink-") as folder:
        port = _free_port()
        path = Path(folder) / "nginx.conf"
        path.write_text(CONFIGURATION.format(folder=folder, port=port))
        command = [program, "-p", folder, "-e", f"{folder}/error.log", "-c", str(path)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                yield _answering(Sink(f"http://127.0.0.1:{port}"))
            finally:
                process.terminate()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answering(sink: Sink) -> Sink:
    for _ in range(100):
        try:
            sink.requests_seen()
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return sink
    raise SinkMissing("nginx was started and does not answer")


@contextmanager
def each_once(sink: Sink, messages: int) -> Iterator[None]:
    """The sink heard every message, and none twice: a figure for anything else is worth nothing."""
    before = sink.requests_seen()
    yield
    heard = sink.requests_seen() - before - 1  # the question itself is one
    if heard != messages:
        raise SystemExit(f"the sink heard {heard} requests instead of {messages}")
