"""A mail server on loopback: SMTP with its rules, what it refuses, and the moments at which it hangs up (RFC 5321)."""

from __future__ import annotations

import base64
import re
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any, Self

USER, PASSWORD = "shop", "a password with spaces"


@dataclass(slots=True)
class Taken:
    """One mail that the server said yes to; `connection` counts from 1."""

    sender: str
    recipients: list[str]
    raw: bytes
    connection: int

    @property
    def parsed(self) -> Message:
        return message_from_bytes(self.raw)


@dataclass(slots=True)
class Manners:
    """What this server does: `refuses` answers by recipient, the other answers stand in for the good one.

    `hangs_up` names the moment at which it cuts the connection: greeting, mail, rcpt, data, content, answer; `answer`
    is after it has taken the mail. `closes_after` so many mails of one connection it says 421.
    """

    refuses: dict[str, str] = field(default_factory=dict)
    greeting: str = "220 double ESMTP"
    sender: str = "250 2.1.0 OK"
    content: str = "250 2.0.0 queued"
    hangs_up: str = ""
    closes_after: int = 0
    asks_login: bool = False
    slow: threading.Event | None = None


class SmtpDouble:
    """`taken` are the mails, `connections` how many were ever opened, `heard` all commands; they only grow."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, from_the_start: bool = False, **manners: Any) -> None:
        self.manners = Manners(**manners)
        self.tls, self.from_the_start = tls, from_the_start
        self.taken: list[Taken] = []
        self.heard: list[str] = []
        self.connections = 0
        self._lock = threading.Lock()
        double = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                _Talk(double, self.request).go()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            block_on_close = False
            request_queue_size = 50

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Whoever hangs up in the middle is no error here."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def settings(self, **more: str) -> dict[str, str]:
        """Of a channel that sends by this server."""
        here = {"host": "127.0.0.1", "port": str(self.port), "security": "none"}
        return {"service": "smtp", "sender": "news@shop.example", **here, **more}

    def heard_of(self, verb: str) -> list[str]:
        """The commands that began so."""
        with self._lock:
            return [line for line in self.heard if line.upper().startswith(verb)]

    def newcomer(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections

    def take(self, mail: Taken) -> None:
        with self._lock:
            self.taken.append(mail)

    def hear(self, command: str) -> None:
        with self._lock:
            self.heard.append(command)


class _HungUp(Exception):
    pass


class _Talk:
    """One connection."""

    def __init__(self, double: SmtpDouble, sock: socket.socket) -> None:
        self.double, self.sock, self.number = double, sock, double.newcomer()
        self.is_encrypted = self.is_known = False
        self.sender, self.recipients, self.count = "", list[str](), 0

    @property
    def manners(self) -> Manners:
        return self.double.manners

    def go(self) -> None:
        try:
            if self.double.from_the_start:
                self._encrypt()
            self.file = self.sock.makefile("rb")
            self._at("greeting")
            self._say(self.manners.greeting)
            while line := self.file.readline(2000):
                self._obey(line.decode("latin-1").rstrip("\r\n"))
        except (_HungUp, OSError):
            pass
        finally:
            self.sock.close()

    def _obey(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        self.double.hear("AUTH" if verb.upper() == "AUTH" else line)
        getattr(self, f"_{verb.lower()}", self._unknown)(rest)

    def _unknown(self, rest: str) -> None:
        self._say("502 5.5.2 what?")

    def _ehlo(self, rest: str) -> None:
        can = ["SIZE 10000000", "8BITMIME"]
        can += ["STARTTLS"] if self.double.tls and not self.is_encrypted else ["AUTH PLAIN LOGIN"]
        for word in can[:-1]:
            self._say(f"250-{word}")
        self._say(f"250 {can[-1]}")

    def _starttls(self, rest: str) -> None:
        self._say("220 go ahead")
        self._encrypt()
        self.file = self.sock.makefile("rb")

    def _encrypt(self) -> None:
        assert self.double.tls is not None
        self.sock = self.double.tls.wrap_socket(self.sock, server_side=True)
        self.is_encrypted = True

    def _auth(self, rest: str) -> None:
        kind, _, given = rest.partition(" ")
        said = base64.b64decode(given).decode().split("\0")
        self.is_known = kind.upper() == "PLAIN" and said[1:] == [USER, PASSWORD]
        self._say("235 2.7.0 welcome" if self.is_known else "535 5.7.8 no such user")

    def _mail(self, rest: str) -> None:
        self._at("mail")
        if self.manners.asks_login and not self.is_known:
            self._say("530 5.7.0 authenticate first")
        elif self.manners.closes_after and self.count >= self.manners.closes_after:
            self._say("421 4.7.0 too many mails on this connection")
            raise _HungUp
        else:
            self.sender, self.recipients = _path(rest), []
            self._say(self.manners.sender)

    def _rcpt(self, rest: str) -> None:
        self._at("rcpt")
        address = _path(rest)
        answer = self.manners.refuses.get(address, "250 2.1.5 OK")
        if answer.startswith("2"):
            self.recipients.append(address)
        self._say(answer)
        if answer.startswith("421"):
            raise _HungUp

    def _data(self, rest: str) -> None:
        self._at("data")
        self._say("354 go on")
        self._at("content")
        raw = bytearray()
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise _HungUp
            raw += line[1:] if line.startswith(b"..") else line
        if self.manners.slow:
            self.manners.slow.wait(20)
        if self.manners.content.startswith("2"):
            self.count += 1
            self.double.take(Taken(self.sender, self.recipients, bytes(raw), self.number))
        self._at("answer")
        self._say(self.manners.content)

    def _rset(self, rest: str) -> None:
        self._say("250 2.0.0 OK")

    _noop = _rset

    def _quit(self, rest: str) -> None:
        self._say("221 2.0.0 bye")
        raise _HungUp

    def _at(self, moment: str) -> None:
        if self.manners.hangs_up == moment:
            raise _HungUp

    def _say(self, answer: str) -> None:
        self.sock.sendall(answer.encode() + b"\r\n")


def _path(rest: str) -> str:
    found = re.search(r"<([^>]*)>", rest)
    return found[1] if found else ""
