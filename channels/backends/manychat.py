"""ManyChat (docs/providers/manychat.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.backends.base import server_of
from channels.backends.questions import Ask, Identity, ProviderSubFlow, SubFlowPage
from channels.backends.reading import Json, address_of, identity_of, object_at, objects, one_line
from channels.backends.remote import RemoteBackend, able_to_send, bearing, reference_of
from channels.content import RemoteSubFlow, Text
from channels.errors import ChannelTrouble
from channels.messages import Account, DoorResult, HttpCall

BASE_URL = "https://api.manychat.com"
DEEPEST = 10  # folders within folders


class ManyChatBackend(RemoteBackend):
    """Sends as a page of ManyChat, which may stop for a day whoever goes beyond limits that its answers do not name."""

    kind = "manychat"
    label = "ManyChat"
    says_yes = "success"
    credential_fields = ("api_key",)
    address_pattern = r"[1-9][0-9]{0,18}"
    address_example = "123456789"
    capabilities = able_to_send(20.0)

    def written(self, content: RemoteSubFlow | Text, address: str) -> tuple[str, dict[str, Any]]:
        whom = {"subscriber_id": int(address)}
        match content:
            case RemoteSubFlow(reference=reference):
                return "fb/sending/sendFlow", {**whom, "flow_ns": reference}
            case Text(text=text):
                messages = [{"type": "text", "text": text}]
                data = {"version": "v2", "content": {"messages": messages}}
                return "fb/sending/sendContent", {**whom, "data": data}

    def call(self, account: Account, path: str, payload: Mapping[str, Any] | None = None) -> HttpCall:
        url = f"{server_of(account, BASE_URL)}/{path}"
        return bearing(account.credentials.get("api_key", ""), url, payload)

    def me(self, account: Account) -> Ask[Identity]:
        """The page's id stands before the colon of its key, for answers that leave it out."""
        page, colon, _ = account.credentials.get("api_key", "").partition(":")

        def whose(result: DoorResult) -> Identity:
            shown = object_at(self.found(result), "data")
            number = address_of(shown.get("id")) or (page if colon and page.isdigit() else "")
            return identity_of(number or one_line(shown.get("name"), 200), shown.get("name"))

        return Ask(self.call(account, "fb/page/getInfo"), whose)

    def sub_flows(self, account: Account, after: str = "") -> Ask[SubFlowPage]:
        """All of them in one answer."""
        return Ask(self.call(account, "fb/page/getFlows"), self._all)

    def _all(self, result: DoorResult) -> SubFlowPage:
        data = object_at(self.found(result), "data")
        if not isinstance(data.get("flows"), list):
            raise ChannelTrouble("a list of flows that cannot be read")
        folders = _paths(data)
        listed = (
            ProviderSubFlow(
                reference,
                one_line(one.get("name"), 200) or reference,
                folders.get(address_of(one.get("folder_id")), ""),
            )
            for one in objects(data["flows"])
            if (reference := reference_of(one.get("ns")))
        )
        return SubFlowPage(tuple(listed))


def _paths(data: Json) -> dict[str, str]:
    """Folders by id, each behind those that it lies in; a circle is gone round once."""
    known = {address_of(one.get("id")): one for one in objects(data.get("folders"))}
    paths = {}
    for number in known:
        names, at = dict[str, str](), number
        while at in known and at not in names and len(names) < DEEPEST:
            names[at] = one_line(known[at].get("name"), 100)
            at = address_of(known[at].get("parent_id"))
        paths[number] = " / ".join(filter(None, reversed(names.values())))[:200]
    return paths
