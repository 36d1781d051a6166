"""Facebook Messenger, the sending half (docs/providers/messenger.md)."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from channels.backends.answers import answer_of
from channels.backends.base import Backend, Capabilities
from channels.backends.messenger_content import LIMITS, written
from channels.backends.messenger_questions import page_of, profile_of
from channels.backends.meta import graph_call, read_graph, rest_in_usage
from channels.backends.meta_subscriptions import PAGE_FIELDS, fields, subscribe_app
from channels.backends.meta_templates import read_templates, templates_question
from channels.backends.questions import Ask, Identity, Profile, TemplatePage
from channels.content import Template
from channels.errors import OutcomeUnknown, UnsupportedMessage
from channels.messages import (
    Account,
    ContentType,
    DoorResult,
    HttpCall,
    NotificationType,
    Outgoing,
    Receipt,
    Recipient,
    Route,
)

_LOUDNESS = {one: one.name for one in NotificationType}
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,255}")


class MessengerBackend(Backend):
    """Sends as a Page; which of the three ways a message takes is decided before, in the route."""

    kind = "messenger"
    label = "Facebook Messenger"
    credential_fields = ("page_id", "page_access_token", "app_secret", "verify_token")
    capabilities = Capabilities(
        reply_window=timedelta(hours=24),
        silent=True,
        templates=True,
        tags=True,
        after_24_hours_default="utility_template",
        has_time_zone=True,
        receipts=True,
        is_idempotent=False,
        # The API takes 300 calls a second, but over 40 messages a second a Page's inbox freezes and sends stop.
        sends_per_second=40.0,
        media_per_second=10.0,
        limits=LIMITS,
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        payload = {
            "recipient": {"id": to.address},
            **_routed(message.route, message.content_type, isinstance(message.content, Template)),
            "notification_type": _LOUDNESS[message.notification_type],
            "message": {**written(message.content), "metadata": message.key},
        }
        return _call(account, payload)

    def typing(self, to: Recipient, account: Account) -> HttpCall:
        return _call(account, {"recipient": {"id": to.address}, "sender_action": "typing_on"})

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        found = read_graph(result, provider=self.label)
        message_id = found.get("message_id")
        if not isinstance(message_id, str) or not message_id:
            raise OutcomeUnknown("accepted without a message id")
        # Accepted all the same, under an id that no receipt could name.
        known = message_id if _MESSAGE_ID.fullmatch(message_id) else ""
        return Receipt(known, wait=rest_in_usage(answer_of(result).headers))

    def profile(self, address: str, account: Account) -> Ask[Profile]:
        return profile_of(address, account)

    def me(self, account: Account) -> Ask[Identity]:
        return page_of(account)

    def templates(self, account: Account, after: str = "") -> Ask[TemplatePage]:
        page, token = self.own_id(account), account.credentials.get("page_access_token", "")
        call = templates_question(account, page, token=token, after=after)
        return Ask(call, lambda result: read_templates(result, provider="Messenger"))

    def register_webhook(self, account: Account) -> Ask[None]:
        token = account.credentials.get("page_access_token", "")
        return subscribe_app(account, _page(account), fields(PAGE_FIELDS), token=token, provider=self.label)

    def own_id(self, account: Account) -> str:
        return account.credentials.get("page_id", "")


def _page(account: Account) -> str:
    return _quoted(account.credentials.get("page_id") or "me")


@lru_cache(maxsize=1000)
def _quoted(page_id: str) -> str:
    return quote(page_id, safe="")


def _call(account: Account, payload: dict[str, Any]) -> HttpCall:
    token = account.credentials.get("page_access_token", "")
    return graph_call(account, f"{_page(account)}/messages", token=token, payload=payload)


@lru_cache(maxsize=100)
def _routed(route: Route, content_type: ContentType, is_template: bool) -> dict[str, Any]:
    """The fields that say by which of Messenger's rules a message travels; inside the window never a tag."""
    match route:
        case Route.MESSAGE_TAG if content_type is ContentType.DEFAULT:
            raise UnsupportedMessage("content_type_has_no_tag")
        case Route.MESSAGE_TAG if is_template:
            raise UnsupportedMessage("template_cannot_be_tagged")
        case Route.MESSAGE_TAG:
            return {"messaging_type": "MESSAGE_TAG", "tag": content_type.name}
        case Route.UTILITY_TEMPLATE if not is_template:
            raise UnsupportedMessage("utility_template_needed")
        case _:
            return {"messaging_type": "UTILITY" if is_template else "UPDATE"}
