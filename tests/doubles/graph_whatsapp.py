"""WhatsApp's rules as the Graph double keeps them (docs/providers/whatsapp.md); touches no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_rules import GraphRules, Person, Refusal
from tests.doubles.graph_templates import PARAMETER, KeptTemplate
from tests.doubles.http_server import Request
from tests.doubles.whatsapp_events import post_of, status

PAIR = timedelta(seconds=6)
MEDIA = ("image", "video", "audio", "document")
STATUSES = {"sent": "sent", "delivery": "delivered", "read": "read"}
Payload = dict[str, Any]


@dataclass
class WhatsApp:
    """`fails_late`: a closed window and a blocked number are taken first and told by webhook, as Meta often does.

    `keeps_pairs`: a second message to a person within six seconds is refused.
    """

    prefix = "wamid."
    fails_late: bool = False
    keeps_pairs: bool = False
    last_sent: dict[str, datetime] = field(default_factory=dict)

    def recipient(self, payload: Payload) -> str:
        return str(payload.get("to") or payload.get("recipient") or "")

    def key(self, payload: Payload) -> str:
        return str(payload.get("biz_opaque_callback_data", ""))

    def check(self, rules: GraphRules, request: Request, payload: Payload) -> int | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        rules.check_token({**request.query, "access_token": token})
        if rules.limited_for_minutes is not None:
            raise Refusal(130429, wait_minutes=rules.limited_for_minutes)
        number = self.recipient(payload)
        is_user = "recipient" in payload
        if payload.get("messaging_product") != "whatsapp" or is_user == number.isdigit():
            raise Refusal(100)
        if "notification_type" in payload or len(self.key(payload)) > 512:
            raise Refusal(100)
        late = self._refused(rules, number, payload)
        if late is not None and not self.fails_late:
            raise Refusal(late)
        now = rules.clock()
        if self.keeps_pairs and number in self.last_sent and now < self.last_sent[number] + PAIR:
            raise Refusal(131056)
        self.last_sent[number] = now
        return late

    def taken(self, recipient: str, message_id: str, payload: Payload) -> Payload:
        who = {"wa_id": recipient} if recipient.isdigit() else {"user_id": recipient}
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": recipient, **who}],
            "messages": [{"id": message_id, "message_status": "accepted"}],
        }

    def tell(
        self, callbacks: Callbacks, recipient: str, message_id: str, key: str, at: datetime, late: int | None
    ) -> None:
        if late is not None:
            callbacks.tell(post_of(status(recipient, at, message_id, "failed", key, late)))
            return
        told = [word for name, word in STATUSES.items() if name in callbacks.auto or name == "sent"]
        callbacks.tell(*(post_of(status(recipient, at, message_id, word, key)) for word in told))

    def _refused(self, rules: GraphRules, number: str, payload: Payload) -> int | None:
        """The code of what is wrong with the moment or the person; raises for what is wrong with the message."""
        person = self._person(rules, number)
        if payload.get("type") == "template":
            _check_template(rules, payload.get("template") or {})
        else:
            _check_content(payload)
            if person is not None and not rules.is_window_open(person):
                return 131047
        return 131026 if person is None or person.is_blocked else None

    def _person(self, rules: GraphRules, number: str) -> Person | None:
        if number not in rules.people and rules.knows_everybody:
            rules.people[number] = Person(rules.clock())
        return rules.people.get(number)


def _check_content(payload: Payload) -> None:
    kind = payload.get("type")
    found = payload.get(str(kind)) or {}
    is_good = False
    if kind == "text":
        is_good = 0 < len(found.get("body", "")) <= 4096
    elif kind in MEDIA:
        has_caption = "caption" in found
        is_good = found.get("link", "").startswith("http") and len(found.get("caption", "")) <= 1024
        is_good = is_good and not (kind == "audio" and has_caption)
    elif kind == "interactive":
        is_good = 0 < len((found.get("body") or {}).get("text", "")) <= 1024 and _is_action(found)
    if not is_good:
        raise Refusal(131009)


def _is_action(interactive: Payload) -> bool:
    action = interactive.get("action") or {}
    if interactive.get("type") == "cta_url":
        given = action.get("parameters") or {}
        return action.get("name") == "cta_url" and given.get("url", "").startswith("http") and _is_label(given)
    buttons = [button.get("reply") or {} for button in action.get("buttons", []) if button.get("type") == "reply"]
    are_good = all(0 < len(one.get("id", "")) <= 256 and 0 < len(one.get("title", "")) <= 20 for one in buttons)
    return interactive.get("type") == "button" and 1 <= len(buttons) <= 3 and are_good


def _is_label(given: Payload) -> bool:
    return 0 < len(given.get("display_text", "")) <= 20


def _check_template(rules: GraphRules, template: Payload) -> None:
    kept = rules.templates.find(template)
    if kept is None:
        raise Refusal(132001, status=404)
    if kept.status != "APPROVED":
        raise Refusal(132015)
    if not _is_filled(kept, template.get("components", [])):
        raise Refusal(132000)


def _is_filled(kept: KeptTemplate, components: list[Payload]) -> bool:
    """Header and body get the parameters that they count; each button with a variable its own, by its place."""
    given = {one["type"]: one.get("parameters", []) for one in components if one["type"] != "button"}
    if kept.body is not None and len(given.get("body", [])) != len(set(PARAMETER.findall(kept.body))):
        return False
    header = [parameter["type"] for parameter in given.get("header", [])]
    if header != ([kept.header_format.lower()] if kept.header_format != "TEXT" else ["text"] * ("{{" in kept.header)):
        return False
    buttons = {one["index"]: one["sub_type"] for one in components if one["type"] == "button"}
    wanted = {str(n) for n, button in enumerate(kept.buttons) if "{{" in str(button.get("url", ""))}
    return wanted <= buttons.keys() and all(int(index) < len(kept.buttons) for index in buttons)
