"""A connection to a mail server: opened only where we may, and listened to only so long."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

MayReach = Callable[[str, int], bool]
CONNECT_TIMEOUT = 10.0
MOST_LINES, LONGEST_LINE = 200, 8192  # of one answer


class AddressForbidden(OSError):
    """No address of the server may be reached from here."""


class Wire(smtplib.SMTP):
    """smtplib's connection, opened only where we may, that knows whether the bytes of a mail began to leave."""

    may_reach: MayReach
    timeout: float

    def __init__(self, *args: Any, may_reach: MayReach, **kwargs: Any) -> None:
        self.may_reach, self.has_left = may_reach, False
        super().__init__(*args, **kwargs)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return open_socket(host, port, timeout, self.may_reach)

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's, which would listen for ever to a server that never comes to its last line."""
        lines: list[bytes] = []
        while len(lines) < MOST_LINES:
            line = self._line()
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]) if line[:3].isdigit() else -1, b"\n".join(lines)
        self.close()
        raise smtplib.SMTPServerDisconnected("an answer without an end")

    def _line(self) -> bytes:
        """A whole line."""
        try:
            if self.file is None and self.sock is not None:
                self.file = self.sock.makefile("rb")
            line = self.file.readline(LONGEST_LINE) if self.file is not None else b""
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(str(error)) from error
        if not line.endswith(b"\n"):
            self.close()
            raise smtplib.SMTPServerDisconnected("no whole answer")
        return bytes(line)

    def data(self, msg: Any) -> tuple[int, bytes]:
        """As smtplib's, for bytes with whole lines; after this word of the server nothing is certain until the next."""
        code, answer = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        self.has_left = True
        self.send(re.sub(rb"(?m)^\.", b"..", msg) + (b".\r\n" if msg.endswith(b"\r\n") else b"\r\n.\r\n"))
        return self.getreply()


class EncryptedWire(Wire):
    """The same, encrypted from the first byte."""

    def __init__(self, *args: Any, context: ssl.SSLContext, **kwargs: Any) -> None:
        self._trust = context
        super().__init__(*args, **kwargs)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._trust.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)


def open_socket(host: str, port: int, timeout: float, may_reach: MayReach) -> socket.socket:
    """Connected to the first address that may be reached and answers; what is checked is what is used."""
    trouble: OSError = AddressForbidden("an address that may not be reached")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not may_reach(str(address[0]), int(address[1])):
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(min(timeout, CONNECT_TIMEOUT))
            sock.connect(address)
        except OSError as error:
            sock.close()
            trouble = error
        else:
            sock.settimeout(timeout)
            return sock
    raise trouble
