"""The sandbox: a chat window inside the product that behaves like a channel with every ability."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from channels.backends.answers import answer_of, meaning_of_unreadable
from channels.backends.base import Backend, Capabilities, Setting, SettingKind
from channels.messages import Account, DoorResult, LocalMessage, Outgoing, Receipt, Recipient


class SandboxBackend(Backend):
    """Expresses everything; `settings["reply_window"] = False` switches its 24 hours off."""

    kind = "sandbox"
    label = "Sandbox"
    own_settings = (Setting("reply_window", SettingKind.YES_NO, default=True),)
    has_base_url = False
    capabilities = Capabilities(
        reply_window=timedelta(hours=24),
        silent=True,
        templates=True,
        tags=True,
        after_24_hours_default="message_tag",
        has_time_zone=True,
        receipts=False,
        is_idempotent=True,
        sends_per_second=10_000.0,
        sub_flows=True,
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> LocalMessage:
        self.refuse_unsupported(message.content)
        return LocalMessage(
            contact_id=to.contact_id,
            channel_id=account.channel_id,
            key=message.key,
            content=message.content,
            notification_type=message.notification_type,
            route=message.route,
            content_type=message.content_type,
        )

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        answer = answer_of(result)
        if answer.status != 200 or not _is_id(answer.body):
            raise meaning_of_unreadable(answer)
        return Receipt(answer.body.decode("ascii"))

    def reply_window(self, settings: Mapping[str, Any]) -> timedelta | None:
        return None if settings.get("reply_window") is False else self.capabilities.reply_window


def _is_id(body: bytes) -> bool:
    return 0 < len(body) <= 100 and all(33 <= byte <= 126 for byte in body) and not body.startswith((b"<", b"{"))
