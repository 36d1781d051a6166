"""How an app asks Meta for the events of an account: the part of setting up a webhook that has a call."""

from __future__ import annotations

from collections.abc import Mapping

from channels.backends.meta import BASE_URL, graph_call, read_graph
from channels.backends.meta_errors import MEANINGS, Meaning
from channels.backends.questions import Ask
from channels.errors import ChannelTrouble
from channels.messages import Account, DoorResult

PAGE_FIELDS = (
    "messages",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_optins",
    "messaging_policy_enforcement",
    "message_template_status_update",
)
INSTAGRAM_FIELDS = ("messages", "messaging_postbacks", "messaging_seen", "message_reactions", "messaging_referral")


def subscribe_app(
    account: Account,
    owner: str,
    wish: Mapping[str, str],
    *,
    token: str,
    provider: str,
    meanings: Mapping[tuple[int, int | None], Meaning] = MEANINGS,
    is_bearer: bool = False,
    host: str = BASE_URL,
) -> Ask[None]:
    """The call that lets this token's app hear of `owner` (a Page, a business or an Instagram account)."""

    def read(result: DoorResult) -> None:
        if read_graph(result, provider=provider, meanings=meanings).get("success") is not True:
            raise ChannelTrouble("not confirmed")

    path = f"{owner}/subscribed_apps"
    call = graph_call(account, path, token=token, payload=dict(wish), is_bearer=is_bearer, host=host)
    return Ask(call, read)


def fields(names: tuple[str, ...]) -> dict[str, str]:
    return {"subscribed_fields": ",".join(names)}
