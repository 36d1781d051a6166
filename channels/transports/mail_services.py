"""Mails to a service by Anymail, whose HTTP calls leave through a door like every other one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from channels.mail import MailReply, MailService, MailStage
from channels.messages import Answer, DoorResult, HttpCall, Lost
from channels.transports.addresses import AddressRules
from channels.transports.http import HttpDoor


class CallFailed(Exception):
    """The call got no answer; what became of it stands with the adapter."""


class ThroughTheDoor(BaseAdapter):
    """What `requests` wants to send goes through an HTTP door, once; `last` is what came of it."""

    def __init__(self, door: HttpDoor) -> None:
        super().__init__()
        self._door = door
        self.last: DoorResult | None = None
        self.is_given_up = False

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        body = request.body or b""
        headers = [(name, value) for name, value in request.headers.items() if name.lower() != "content-length"]
        call = HttpCall(
            request.method or "POST",
            request.url or "",
            tuple((name, value if isinstance(value, str) else value.decode("latin-1")) for name, value in headers),
            body.encode() if isinstance(body, str) else bytes(body),
        )
        self._door.start("only", call)
        self.last = Lost("given up")
        while self._door.in_flight and not self.is_given_up:
            for _, result in self._door.poll(0.2):
                self.last = result
        if not isinstance(self.last, Answer):
            raise CallFailed
        return _response(request, self.last)

    def close(self) -> None:
        self._door.close()


class OneCall(Session):
    """A session that asks the environment for nothing and follows nobody elsewhere."""

    def __init__(self, adapter: BaseAdapter) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def request(self, *args: Any, **kwargs: Any) -> Response:
        return super().request(*args, **{**kwargs, "allow_redirects": False})


class ServiceConversation:
    """Mails to one account at a service; only its own module of Anymail is ever imported."""

    def __init__(self, server: MailService, rules: AddressRules, timeout: float) -> None:
        self._adapter = ThroughTheDoor(HttpDoor(allow=rules, max_in_flight=1, timeout=timeout))
        self._backend = import_module(f"anymail.backends.{server.name}").EmailBackend(**dict(server.options))
        self._backend.session = OneCall(self._adapter)

    def greet(self) -> DoorResult:
        """Nobody signs in before they have something to say."""
        return MailReply(MailStage.TAKEN)

    def carry(self, mail: EmailMultiAlternatives) -> DoorResult:
        """Hand over one mail; an answer that Anymail cannot read as a success is given back as it came."""
        self._adapter.last = None
        mail.extra_headers.pop("Message-ID", None)  # services make their own; our key goes along as metadata
        try:
            self._backend.send_messages([mail])
        except AnymailRecipientsRefused:
            return MailReply(MailStage.RECIPIENT, 0, word=_status(mail))
        except (AnymailError, CallFailed):
            return self._adapter.last or MailReply(MailStage.CONTENT, 0, word="the mail cannot be written")
        if _status(mail) == "failed":
            return MailReply(MailStage.CONTENT, 0, word="failed")
        return MailReply(MailStage.TAKEN, message_id=str(mail.anymail_status.message_id or ""))  # type: ignore[attr-defined]

    def abort(self) -> None:
        """End what is under way, from another thread."""
        self._adapter.is_given_up = True

    def close(self) -> None:
        self._adapter.close()


def _status(mail: Any) -> str:
    """Anymail's word for what became of the only recipient."""
    return str(next(iter(mail.anymail_status.status or {"unknown"})))


def _response(request: PreparedRequest, answer: Answer) -> Response:
    response = Response()
    response.status_code, response.headers = answer.status, CaseInsensitiveDict(answer.headers)
    response._content, response._content_consumed = answer.body, True  # type: ignore[attr-defined]
    response.request, response.url = request, request.url or ""
    return response
