"""WhatsApp by Meta's Cloud API, the sending half (docs/providers/whatsapp.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from channels.backends.answers import answer_of
from channels.backends.base import Backend, Capabilities
from channels.backends.limits import Finding
from channels.backends.meta import graph_call, graph_question, read_graph, rest_in_usage
from channels.backends.meta_subscriptions import subscribe_app
from channels.backends.meta_templates import read_templates, templates_question
from channels.backends.questions import Ask, Identity, TemplatePage
from channels.backends.reading import identity_of, message_id_of
from channels.backends.whatsapp_content import LIMITS, mixed_buttons, written
from channels.backends.whatsapp_errors import MEANINGS
from channels.content import Message, Template
from channels.errors import OutcomeUnknown, UnsupportedMessage
from channels.messages import Account, DoorResult, HttpCall, Outgoing, Receipt, Recipient, Route

_USER_ID = re.compile(r"[A-Z]{2}\..+")  # a business-scoped user id, of somebody whose number we do not see


class WhatsAppBackend(Backend):
    """Sends as one phone number: freely inside the window, by approved templates outside it. Never silently."""

    kind = "whatsapp"
    label = "WhatsApp"
    credential_fields = ("phone_number_id", "business_account_id", "access_token", "app_secret", "verify_token")
    has_two_names = True
    capabilities = Capabilities(
        reply_window=timedelta(hours=24),
        silent=False,
        templates=True,
        tags=False,
        after_24_hours_default="utility_template",
        has_time_zone=False,
        receipts=True,
        is_idempotent=False,
        # A number takes 80 a second, what comes in included.
        sends_per_second=60.0,
        fails_late=True,
        limits=LIMITS,
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        if message.route is Route.MESSAGE_TAG:
            raise UnsupportedMessage("no_message_tags")
        if message.route is Route.UTILITY_TEMPLATE and not isinstance(message.content, Template):
            raise UnsupportedMessage("utility_template_needed")
        payload: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "recipient" if _USER_ID.fullmatch(to.address) else "to": to.address,
            **written(message.content),
            "biz_opaque_callback_data": message.key,
        }
        number = quote(account.credentials.get("phone_number_id", ""), safe="")
        return graph_call(account, f"{number}/messages", token=_token(account), payload=payload, is_bearer=True)

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        found = read_graph(result, provider=self.label, meanings=MEANINGS)
        listed = found.get("messages")
        taken = listed[0] if isinstance(listed, list) and listed else None
        given = taken.get("id") if isinstance(taken, dict) else None
        if not isinstance(given, str) or not given:
            raise OutcomeUnknown("accepted without a message id")
        return Receipt(message_id_of(given), wait=rest_in_usage(answer_of(result).headers))

    def own_findings(self, content: Message) -> Iterable[Finding]:
        return mixed_buttons(content)

    def me(self, account: Account) -> Ask[Identity]:
        number = quote(self.own_id(account) or "me", safe="")
        fields = "id,verified_name,display_phone_number"
        return Ask(
            graph_question(account, number, token=_token(account), is_bearer=True, fields=fields), _read_identity
        )

    def own_id(self, account: Account) -> str:
        return account.credentials.get("phone_number_id", "")

    def register_webhook(self, account: Account) -> Ask[None]:
        """Also says that this business account's messages come to this channel's own address, not to the app's."""
        owner = quote(account.credentials.get("business_account_id", ""), safe="")
        wish = {
            "override_callback_uri": account.webhook_url,
            "verify_token": account.credentials.get("verify_token", ""),
        }
        return subscribe_app(
            account, owner, wish, token=_token(account), provider=self.label, meanings=MEANINGS, is_bearer=True
        )

    def templates(self, account: Account, after: str = "") -> Ask[TemplatePage]:
        owner = account.credentials.get("business_account_id", "")
        call = templates_question(account, owner, token=_token(account), after=after, is_bearer=True)
        return Ask(call, _read_templates)


def _token(account: Account) -> str:
    return account.credentials.get("access_token", "")


def _read_templates(result: DoorResult) -> TemplatePage:
    return read_templates(result, provider=WhatsAppBackend.label, meanings=MEANINGS, fills_media=True)


def _read_identity(result: DoorResult) -> Identity:
    shown = read_graph(result, provider=WhatsAppBackend.label, meanings=MEANINGS)
    number, words = shown.get("id"), [shown.get("verified_name"), shown.get("display_phone_number")]
    name = " ".join(word for word in words if isinstance(word, str))
    return identity_of(number if isinstance(number, str) else "", name)
