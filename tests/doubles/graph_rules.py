"""Messenger's rules as the Graph double keeps them (docs/providers/messenger.md); touches no network."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.graph_templates import GraphTemplates

WINDOW = timedelta(hours=24)
DEAD_TAGS = frozenset({"ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"})
NOTIFICATION_TYPES = frozenset({"REGULAR", "SILENT_PUSH", "NO_PUSH"})
USAGE = {"call_count": 100, "total_cputime": 25, "total_time": 100, "type": "messenger"}


@dataclass
class Person:
    last_interaction_at: datetime | None = None
    is_blocked: bool = False


class Refusal(Exception):
    """Meta's error object and its HTTP status; the text is localized on purpose: nobody may decide by it."""

    def __init__(self, code: int, subcode: int | None = None, *, status: int = 400, wait_minutes: int = 0) -> None:
        super().__init__(f"{code}-{subcode}")
        self.status = status
        self.wait_minutes = wait_minutes
        self.error: dict[str, Any] = {"message": "(#错误) 无法发送", "type": "OAuthException", "code": code}
        self.error["fbtrace_id"] = "AbCdEfGh"
        if subcode is not None:
            self.error["error_subcode"] = subcode


@dataclass
class GraphRules:
    """One provider: its tokens, its templates, the people it knows, and what it says to a message."""

    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    tokens: set[str] = field(default_factory=set)  # empty: every token that is not expired
    expired_tokens: set[str] = field(default_factory=set)
    app_secret: str = ""  # given: calls must carry the proof
    takes_tags: bool = False  # as before 2026-04-27
    knows_everybody: bool = False  # an unknown id wrote just now
    templates: GraphTemplates = field(default_factory=GraphTemplates)
    people: dict[str, Person] = field(default_factory=dict)
    limited_for_minutes: int | None = None
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    profile_fields: frozenset[str] = frozenset({"first_name", "last_name", "locale", "timezone"})  # what we may read
    profile_error: int | None = None  # a subcode, such as 2018247
    page_error: int | None = None  # a code, such as 200
    used_percent: int | None = None  # told with every message that is taken
    templates_error: int | None = None  # a code, such as 10
    page: dict[str, str] = field(default_factory=lambda: {"id": "100", "name": "The Page"})

    def check(self, query: dict[str, str], payload: dict[str, Any]) -> None:
        """Return when the message is accepted; raises Refusal as Meta would."""
        self.check_token(query)
        if self.limited_for_minutes is not None:
            raise Refusal(613, wait_minutes=self.limited_for_minutes)
        person = self._person(str(payload.get("recipient", {}).get("id", "")))
        message = payload.get("message")
        if not isinstance(message, dict) or payload.get("notification_type", "REGULAR") not in NOTIFICATION_TYPES:
            raise Refusal(100)
        self._check_content(message)
        self._check_route(payload, message, person)
        if person.is_blocked:
            raise Refusal(551, 1545041)

    def answer(self, query: dict[str, str], name: str) -> dict[str, Any]:
        """The fields asked for of the Page ("me") or a person, as far as they may be read; raises Refusal."""
        self.check_token(query)
        if name == "message_templates" and self.templates_error is not None:
            raise Refusal(self.templates_error, status=403)
        if name == "message_templates":
            return self.templates.listed(query)
        fields = query.get("fields", "").split(",")
        if name in ("me", self.page["id"]) and self.page_error is not None:
            raise Refusal(self.page_error, status=403)
        if name in ("me", self.page["id"]):
            return {key: value for key, value in self.page.items() if key in fields}
        if self.profile_error is not None:
            raise Refusal(100, self.profile_error)
        shown = self.profiles.get(name, {})
        return {key: value for key, value in shown.items() if key in fields and key in self.profile_fields}

    def check_token(self, query: dict[str, str]) -> None:
        """Whose token it is, and whether the proof beside it is right; raises Refusal."""
        token = query.get("access_token", "")
        if token in self.expired_tokens:
            raise Refusal(190, 463, status=401)
        if not token or (self.tokens and token not in self.tokens):
            raise Refusal(190, status=401)
        if self.app_secret:
            proof = hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            if query.get("appsecret_proof") != proof:
                raise Refusal(100)

    def _person(self, psid: str) -> Person:
        if psid not in self.people and self.knows_everybody and psid:
            self.people[psid] = Person(self.clock())
        if psid not in self.people:
            raise Refusal(100, 2018001)
        return self.people[psid]

    def _check_content(self, message: dict[str, Any]) -> None:
        parts = [name for name in ("text", "attachment", "template") if message.get(name)]
        if len(parts) != 1 or len(message.get("text", "")) >= 2000 or len(message.get("metadata", "")) >= 1000:
            raise Refusal(100)
        replies = message.get("quick_replies", [])
        if len(replies) > 13 or any(not 0 < len(reply["title"]) <= 20 for reply in replies):
            raise Refusal(100)
        payload = message.get("attachment", {}).get("payload", {})
        if payload.get("template_type") == "button" and not _is_button_template(payload):
            raise Refusal(100)

    def _check_route(self, payload: dict[str, Any], message: dict[str, Any], person: Person) -> None:
        match payload.get("messaging_type"):
            case "UTILITY":
                self._check_template(message.get("template") or {})
            case "MESSAGE_TAG":
                # The dead tags are refused inside the window too.
                if payload.get("tag") not in DEAD_TAGS or not self.takes_tags:
                    raise Refusal(100)
            case "UPDATE" | "RESPONSE":
                if "tag" in payload or "template" in message:
                    raise Refusal(100)
                if not self.is_window_open(person):
                    raise Refusal(10, 2018278)
            case _:
                raise Refusal(100)

    def _check_template(self, template: dict[str, Any]) -> None:
        if not self.templates.takes(template):
            raise Refusal(100)

    def is_window_open(self, person: Person) -> bool:
        """Whether the person did anything in the last 24 hours, the last instant included."""
        return person.last_interaction_at is not None and self.clock() <= person.last_interaction_at + WINDOW


def _is_button_template(payload: dict[str, Any]) -> bool:
    buttons = payload.get("buttons", [])
    targets = {"web_url": "url", "postback": "payload"}
    return (
        0 < len(payload.get("text", "")) <= 640
        and 1 <= len(buttons) <= 3
        and all(button.get(targets.get(button.get("type"), "")) and button.get("title") for button in buttons)
    )
