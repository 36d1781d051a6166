"""One conversation with a mail server by Django's SMTP backend, on a connection that is kept for the next mail."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from functools import partial
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from channels.mail import MailReply, MailStage, Security, SmtpServer
from channels.messages import DoorResult, Lost, Unreached
from channels.transports.smtp_wire import AddressForbidden, EncryptedWire, MayReach, Wire

_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|\Z)")


class Backend(EmailBackend):
    """Django's, with our connections and our trust in certificates."""

    connection: Wire | None

    def __init__(self, server: SmtpServer, may_reach: MayReach, trust: ssl.SSLContext, timeout: float) -> None:
        super().__init__(
            username=server.user,
            password=server.password,
            use_tls=server.security is Security.STARTTLS,
            use_ssl=server.security is Security.TLS,
            timeout=max(1, round(timeout)),
        )
        # Django would take an empty host for that of the installation's own mails.
        self.host, self.port = server.host, server.port
        self.ssl_context, self._may_reach = trust, may_reach

    @property
    def connection_class(self) -> Any:
        return partial(EncryptedWire if self.use_ssl else Wire, may_reach=self._may_reach)


class SmtpConversation:
    """Mails to one server, one after the other, over one connection as long as both sides keep it."""

    def __init__(self, server: SmtpServer, may_reach: MayReach, trust: ssl.SSLContext, timeout: float) -> None:
        self._backend = Backend(server, may_reach, trust, timeout)

    def greet(self) -> DoorResult:
        """Connect and sign in."""
        try:
            self._backend.open()
        except (OSError, ValueError) as error:  # smtplib's own errors are OSErrors too
            return _refused_to_talk(error)
        return MailReply(MailStage.TAKEN)

    def carry(self, mail: EmailMessage) -> DoorResult:
        """Hand over one mail, at most once; a connection that ended while it lay idle is replaced."""
        was_idle = self._backend.connection is not None
        result, has_left = self._carry(mail)
        if was_idle and self._backend.connection is None and not has_left:
            result, _ = self._carry(mail)
        return result

    def _carry(self, mail: EmailMessage) -> tuple[DoorResult, bool]:
        """What became of it, and whether the bytes of it began to leave."""
        greeting = self.greet()
        wire = self._backend.connection
        if wire is None:
            return greeting, False
        wire.has_left = False
        try:
            self._backend.send_messages([mail])
        except (OSError, ValueError) as error:
            result = _refused(error, has_left=wire.has_left)
        else:
            return MailReply(MailStage.TAKEN, message_id=mail.extra_headers["Message-ID"]), True
        if wire.sock is None or not isinstance(result, MailReply):
            self.close()
        return result, wire.has_left

    def abort(self) -> None:
        """End what is under way, from another thread."""
        for name in ("connection", "_partial_connection"):
            if (sock := getattr(getattr(self._backend, name), "sock", None)) is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:  # it had ended by itself
                    continue

    def close(self) -> None:
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._backend.connection = None


def _refused_to_talk(error: Exception) -> DoorResult:
    """Why no conversation came about; nothing of a mail had left."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return _reply(MailStage.LOGIN, error.smtp_code, error.smtp_error)
        case smtplib.SMTPNotSupportedError():
            return MailReply(MailStage.LOGIN, 502, word="the server does not offer this encryption or login")
        case smtplib.SMTPResponseException():
            return _reply(MailStage.GREETING, error.smtp_code, error.smtp_error)
        case ssl.SSLCertVerificationError():
            return Unreached(f"certificate: {error.verify_message}")
        case AddressForbidden():
            return Unreached(str(error), is_forbidden=True)
        case ValueError():
            return Unreached("no name that a server can have", is_forbidden=True)
        case ConnectionRefusedError():
            return Unreached("connection refused", is_refused=True)
        case _:
            return Unreached(type(error).__name__)


def _refused(error: Exception, *, has_left: bool) -> DoorResult:
    """What became of a mail that was not taken."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return _reply(MailStage.RECIPIENT, code, answer)
        case smtplib.SMTPSenderRefused():
            return _reply(MailStage.SENDER, error.smtp_code, error.smtp_error)
        case smtplib.SMTPDataError():
            return _reply(MailStage.CONTENT, error.smtp_code, error.smtp_error, has_left=has_left)
        case ValueError():  # a header that Django refuses
            return MailReply(MailStage.CONTENT, 554, word="the mail cannot be written")
        case _ if has_left:
            return Lost(type(error).__name__)
        case _:
            return Unreached(type(error).__name__)


def _reply(stage: MailStage, code: int, answer: bytes | str, *, has_left: bool = False) -> DoorResult:
    """Only a whole refusal is one (smtplib says -1 of what is no answer at all)."""
    if not 400 <= code < 600:
        return Lost("no SMTP answer") if has_left else Unreached("no SMTP answer")
    found = _ENHANCED.match(answer if isinstance(answer, bytes) else answer.encode("ascii", "replace"))
    return MailReply(stage, code, found[0].decode() if found else "")
