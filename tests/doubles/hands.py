"""A provider in somebody's hands: people who write and leave by a word, and receipts that follow by themselves."""

from __future__ import annotations

import itertools
import json
import threading
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from tests.doubles import line, telegram, twilio, viber
from tests.doubles.http_server import HttpServer, Reply, Request
from tests.doubles.provider import Deliver, ProviderDouble, said

RECEIPTS_AFTER = 0.5  # seconds


def posted(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """A provider's call to a webhook that another process serves; status 0 where nobody is there."""
    try:
        asked = urllib.request.Request(url, body, dict(headers))  # noqa: S310  # whoever runs the double names it
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except OSError:
        return 0, b""


class Hand(ABC):
    """POST webhook {"url"}, says {"person", "text"?}, leaves {"person"}; GET accepted. All else is the provider's own.

    `person` is an example of a person's name at this provider; `is_registered`: our button tells it our address.
    """

    kind: ClassVar[str]
    person: ClassVar[str]
    credentials: ClassVar[dict[str, str]]
    settings: ClassVar[dict[str, str]] = {}
    is_registered: ClassVar[bool] = True
    can_leave: ClassVar[bool] = True

    def __init__(self, deliver: Deliver = posted, tell: Callable[[str], object] = lambda line: None) -> None:
        self.deliver, self.show = deliver, tell
        self.webhook = ""
        self.numbers = itertools.count(1)
        self.server = self.make_server()
        self.server.answer_by(self.handle)

    @abstractmethod
    def make_server(self) -> HttpServer:
        """The server of a new double, which is kept."""

    def handle(self, request: Request) -> Reply:
        if not request.path.startswith("/_double/"):
            return self.answer(request)
        name = request.path.removeprefix("/_double/").strip("/")
        body = json.loads(request.body or b"{}")
        match request.method, name:
            case "GET", "accepted":
                return said(self.accepted())
            case "POST", "webhook":
                self.webhook = body["url"]
                return said({})
            case "POST", "says" | "leaves" if not self.address():
                return said({"error": "nobody said yet where the webhook is"}, 409)
            case "POST", "says":
                return _told(self.says(body["person"], body.get("text", "Hello")))
            case "POST", "leaves" if self.can_leave:
                return _told(self.leaves(body["person"]))
        return self.answer(request)

    def address(self) -> object:
        """Where our webhook is, as far as the provider knows."""
        return self.webhook

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """What the provider says to a call of its API."""

    @abstractmethod
    def accepted(self) -> list[Any]:
        """Every message that was taken."""

    @abstractmethod
    def says(self, person: str, text: str) -> int:
        """Somebody writes; what our webhook answered."""

    def leaves(self, person: str) -> int:
        """Somebody wants nothing more, by the provider's own way; what our webhook answered."""
        raise NotImplementedError


class OfProvider(Hand):
    """The kinds whose double is a ProviderDouble."""

    make: ClassVar[Callable[[Deliver], ProviderDouble]]

    def make_server(self) -> HttpServer:
        self.double: Any = type(self).make(self.deliver)
        return self.double.server

    def answer(self, request: Request) -> Reply:
        before = len(self.double.accepted)
        reply: Reply = self.double.handle(request)
        for sent in self.double.accepted[before:]:
            self.show(json.dumps(sent, ensure_ascii=False))
            threading.Timer(RECEIPTS_AFTER, self.receipts, [sent]).start()
        return reply

    def address(self) -> object:
        return self.webhook or getattr(self.double, "webhook", "")

    def accepted(self) -> list[Any]:
        return list(self.double.accepted)

    def receipts(self, sent: Mapping[str, Any]) -> None:
        """What the provider tells of a message that it took."""


class TelegramHand(OfProvider):
    kind, person, credentials, make = "telegram", "3527065", telegram.CREDENTIALS, telegram.TelegramDouble

    def says(self, person: str, text: str) -> int:
        self.double.chats[person] = "member"
        return self._tell({"message": telegram.message(int(person), round(now().timestamp()), text)})

    def leaves(self, person: str) -> int:
        self.double.chats[person] = "kicked"
        return self._tell({"my_chat_member": telegram.member(int(person), round(now().timestamp()), "kicked")})

    def _tell(self, update: dict[str, Any]) -> int:
        status: int = self.double.tell({"update_id": next(self.numbers) + round(now().timestamp()), **update})
        return status


class LineHand(OfProvider):
    kind, person, credentials, make = "line", "U4af4980629", line.CREDENTIALS, line.LineDouble

    def says(self, person: str, text: str) -> int:
        return int(self.double.tell(line.message(person, now(), text))[0])

    def leaves(self, person: str) -> int:
        return int(self.double.tell(line.event("unfollow", person, now()))[0])


class ViberHand(OfProvider):
    kind, person, credentials, make = "viber", "01234567890A=", viber.CREDENTIALS, viber.ViberDouble
    settings: ClassVar = {"sender_name": "The Shop"}

    def says(self, person: str, text: str) -> int:
        return int(self.double.tell(viber.message(person, now(), text)))

    def leaves(self, person: str) -> int:
        return int(self.double.tell(viber.event("unsubscribed", now(), user_id=person)))

    def receipts(self, sent: Mapping[str, Any]) -> None:
        for kind in ("delivered", "seen"):
            self.double.tell(viber.event(kind, now(), sent["message_token"], user_id=sent["receiver"]))


class SmsHand(OfProvider):
    """A number's address is typed in Twilio's console: here by /_double/webhook."""

    kind, person, credentials, make = "sms", "+33612345678", twilio.CREDENTIALS, twilio.TwilioDouble
    settings: ClassVar = {"from": twilio.OURS}
    is_registered = False

    def says(self, person: str, text: str) -> int:
        return int(self.double.says(self.webhook, person, text))

    def leaves(self, person: str) -> int:
        return self.says(person, "STOP")

    def receipts(self, sent: Mapping[str, Any]) -> None:
        if "StatusCallback" in sent:
            self.double.report(sent, "delivered")


def now() -> datetime:
    return datetime.now(UTC)


def _told(status: int) -> Reply:
    """What our webhook answered, for whoever tries things; 0: nobody was there."""
    return said({"webhook_answered": status})
