"""Any program that takes Standard Webhooks (docs/providers/webhook.md): the example of a small kind."""

from __future__ import annotations

from urllib.parse import urlsplit

from channels.backends.base import Backend, Capabilities, Setting, SettingKind
from channels.backends.limits import Limit, Limits, Unit
from channels.backends.questions import Ask, Identity
from channels.backends.stable_id import stable_id
from channels.backends.webhook_answers import read_webhook
from channels.backends.webhook_event import block_of, signed_call
from channels.errors import ChannelMisconfigured, UnsupportedMessage
from channels.messages import Account, DoorResult, HttpCall, Outgoing, Receipt, Recipient
from channels.standard_webhooks import CURRENT, is_secret

LONGEST_BODY = 20_000  # bytes, as the specification advises
LONGEST_TEXT = Limit(8000, Unit.BYTES)


class WebhookBackend(Backend):
    """Posts each message, signed; its id is the same for every try, so that the receiver can tell a repetition."""

    kind = "webhook"
    label = "Webhook"
    credential_fields = (CURRENT,)
    own_settings = (
        Setting("url", SettingKind.URL, is_required=True, example="https://example.com/hook"),
        Setting("former_secret", SettingKind.CHOICE, choices=("day", "week", "none")),
    )
    has_base_url = False
    capabilities = Capabilities(
        reply_window=None,
        silent=True,
        templates=False,
        tags=False,
        after_24_hours_default="never",
        has_time_zone=False,
        receipts=False,
        is_idempotent=True,
        sends_per_second=50.0,
        told_of_people=True,
        limits=Limits(*(LONGEST_TEXT,) * 4, buttons=20, quick_replies=20, unsupported=frozenset({"template"})),
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        if not account.credentials.get(CURRENT):
            raise ChannelMisconfigured("no secret to sign with")
        how = {"content_type": message.content_type, "notification_type": message.notification_type}
        data = {"contact": {**to.known, "address": to.address}, "message": block_of(message.content), **how}
        number = stable_id(message.key, to.address, account.channel_id)
        call = signed_call(account, "sequence.message.due", number, message.leaves_at, data)
        if len(call.body) > LONGEST_BODY:
            raise UnsupportedMessage(f"longer than {LONGEST_BODY} bytes with what is known of the contact")
        return call

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        read_webhook(result)
        return Receipt()

    def me(self, account: Account) -> Ask[Identity]:
        host = urlsplit(str(account.settings.get("url", ""))).netloc
        number = f"test_{account.channel_id}_{int(account.asked_at.timestamp())}"
        call = signed_call(account, "test", number, account.asked_at, {})
        return Ask(call, lambda result: _taken_by(host, result))

    def is_credential(self, name: str, value: str) -> bool:
        return is_secret(value)


def _taken_by(host: str, result: DoorResult) -> Identity:
    read_webhook(result)
    return Identity(host, host)
