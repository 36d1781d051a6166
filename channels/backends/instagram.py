"""Instagram, the sending half: through the linked Page, or by Instagram's own login (docs/providers/instagram.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from channels.backends.answers import answer_of
from channels.backends.base import Backend, Capabilities, Setting, SettingKind
from channels.backends.instagram_errors import MEANINGS
from channels.backends.instagram_questions import account_behind, profile_of
from channels.backends.limits import Limit, Limits, Unit
from channels.backends.messenger_content import written
from channels.backends.meta import BASE_URL, graph_call, read_graph, rest_in_usage
from channels.backends.meta_subscriptions import INSTAGRAM_FIELDS, fields, subscribe_app
from channels.backends.questions import Ask, Identity, Profile
from channels.backends.reading import message_id_of
from channels.content import Template
from channels.errors import OutcomeUnknown, UnsupportedMessage
from channels.messages import Account, DoorResult, HttpCall, Outgoing, Receipt, Recipient, Route

OWN_HOST = "https://graph.instagram.com"
_BYTES = Limit(1000, Unit.BYTES)


class InstagramBackend(Backend):
    """Sends as a professional account; after 24 hours nothing automatic may go, by whatever route."""

    kind = "instagram"
    label = "Instagram"
    credential_fields = ("instagram_account_id", "access_token", "app_secret", "verify_token")
    own_settings = (Setting("login", SettingKind.CHOICE, is_required=True, choices=("page", "instagram")),)
    capabilities = Capabilities(
        reply_window=timedelta(hours=24),
        silent=False,
        templates=False,
        tags=False,
        after_24_hours_default="never",
        has_time_zone=False,
        receipts=True,
        is_idempotent=False,
        # 300 a second are taken, but an inbox freezes as a Page's does.
        sends_per_second=40.0,
        media_per_second=10.0,
        limits=Limits(
            text=_BYTES,
            buttons_text=Limit(640),
            quick_replies_text=_BYTES,
            label=Limit(20),
            payload=Limit(1000),
            buttons=3,
            quick_replies=13,
            unsupported=frozenset({"template"}),
            without_caption=frozenset({"image", "video", "audio", "file"}),
        ),
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        if message.route is not Route.MESSAGE or isinstance(message.content, Template):
            raise UnsupportedMessage("nothing_after_24_hours")
        payload: dict[str, Any] = {"recipient": {"id": to.address}, "message": written(message.content)}
        token = account.credentials.get("access_token", "")
        if account.settings.get("login") == "instagram":
            path = f"{self._number(account)}/messages"
            return graph_call(account, path, token=token, payload=payload, is_bearer=True, host=OWN_HOST)
        return graph_call(account, "me/messages", token=token, payload=payload, host=BASE_URL)

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        found = read_graph(result, provider=self.label, meanings=MEANINGS)
        given = found.get("message_id")
        if not isinstance(given, str) or not given:
            raise OutcomeUnknown("accepted without a message id")
        return Receipt(message_id_of(given), wait=rest_in_usage(answer_of(result).headers))

    def profile(self, address: str, account: Account) -> Ask[Profile]:
        return profile_of(address, account, OWN_HOST)

    def me(self, account: Account) -> Ask[Identity]:
        return account_behind(account, OWN_HOST)

    def register_webhook(self, account: Account) -> Ask[None]:
        """By a Page, any of its fields makes its Instagram account heard; which events, the app's dashboard says."""
        token = account.credentials.get("access_token", "")
        told: dict[str, Any] = {"token": token, "provider": self.label, "meanings": MEANINGS}
        if account.settings.get("login") == "instagram":
            number = self._number(account)
            return subscribe_app(account, number, fields(INSTAGRAM_FIELDS), is_bearer=True, host=OWN_HOST, **told)
        return subscribe_app(account, "me", fields(("feed",)), **told)

    def own_id(self, account: Account) -> str:
        return account.credentials.get("instagram_account_id", "")

    def _number(self, account: Account) -> str:
        return quote(self.own_id(account) or "me", safe="")
