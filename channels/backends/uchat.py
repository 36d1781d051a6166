"""UChat and its white labels (docs/providers/uchat.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from channels.backends.base import server_of
from channels.backends.questions import Ask, Identity, ProviderSubFlow, SubFlowPage
from channels.backends.reading import Json, identity_of, object_at, objects, one_line
from channels.backends.remote import RemoteBackend, able_to_send, bearing, reference_of
from channels.content import RemoteSubFlow, Text
from channels.errors import ChannelTrouble, MessageRejected
from channels.messages import Account, DoorResult, HttpCall

BASE_URL = "https://www.uchat.com.au"
A_PAGE = 100
_OWNER = re.compile(r"(f[0-9]+)s[0-9]+")


class UChatBackend(RemoteBackend):
    """Sends as a workspace of UChat. Nothing of ours travels along, so a message in doubt stays in doubt."""

    kind = "uchat"
    label = "UChat"
    says_yes = "ok"
    credential_fields = ("api_token",)
    address_pattern = r"f[0-9]{1,19}u[0-9]{1,19}"
    address_example = "f190385u343660219"
    capabilities = able_to_send(10.0)

    def written(self, content: RemoteSubFlow | Text, address: str) -> tuple[str, dict[str, Any]]:
        match content:
            case RemoteSubFlow(reference=reference):
                owner = _OWNER.fullmatch(reference)
                if owner and owner[1] != address.partition("u")[0]:
                    # With the token of another bot nobody would be found, and everybody's subscription would end.
                    raise MessageRejected("the sub-flow belongs to another bot than the person")
                return "subscriber/send-sub-flow", {"user_ns": address, "sub_flow_ns": reference}
            case Text(text=text):
                return "subscriber/send-text", {"user_ns": address, "content": text}

    def call(self, account: Account, path: str, payload: Mapping[str, Any] | None = None) -> HttpCall:
        """A white label's address is stored with or without its /api."""
        server = server_of(account, BASE_URL).removesuffix("/api")
        return bearing(account.credentials.get("api_token", ""), f"{server}/api/{path}", payload)

    def me(self, account: Account) -> Ask[Identity]:
        """One sub-flow of the list: only a token that may send is shown it."""
        host = urlsplit(server_of(account, BASE_URL)).hostname or "UChat"

        def whose(result: DoorResult) -> Identity:
            listed = [one.reference for one in self._page(result).sub_flows]
            owner = _OWNER.fullmatch(listed[0]) if listed else None
            return identity_of(owner[1] if owner else host, host)

        return Ask(self.call(account, "flow/subflows?limit=1&page=1"), whose)

    def sub_flows(self, account: Account, after: str = "") -> Ask[SubFlowPage]:
        query = urlencode({"limit": A_PAGE, "page": after or "1"})
        return Ask(self.call(account, f"flow/subflows?{query}"), self._page)

    def _page(self, result: DoorResult) -> SubFlowPage:
        """A list whose page carries no `status` is a list all the same."""
        found = self.found(result, holds="data")
        if not isinstance(found.get("data"), list):
            raise ChannelTrouble("a list of sub-flows that cannot be read")
        listed = (
            ProviderSubFlow(reference, one_line(one.get("name"), 200) or reference)
            for one in objects(found["data"])
            if (reference := reference_of(one.get("sub_flow_ns")))
        )
        return SubFlowPage(tuple(listed), _next_page(found))


def _next_page(found: Json) -> str:
    """By `meta`, whose last page is not always told; where it says nothing, by whether `links` lead on."""
    meta = object_at(found, "meta")
    current, last, each, total = (_count(meta.get(name)) for name in ("current_page", "last_page", "per_page", "total"))
    if not current:
        return ""
    if last or (each and total):
        is_more = current < (last or -(-total // each))
    else:
        is_more = bool(one_line(object_at(found, "links").get("next"), 10))
    return str(current + 1) if is_more else ""


def _count(value: object) -> int:
    """A number that counts something, also as its digits; 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 8:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**7 else 0
