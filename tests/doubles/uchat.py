"""UChat's API on loopback, by its rules as far as they are known (docs/providers/uchat.md)."""

from __future__ import annotations

import json
from typing import Any

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import ProviderDouble, said

TOKEN = "hBOeQll3yFUY6Br6jHL3OPJ0fVdCXW"
CREDENTIALS = {"api_token": TOKEN}
ANN = "f190385u343660219"
A_PAGE = 10  # where nobody asks for another number


class UChatDouble(ProviderDouble):
    """`sub_flows` by their reference, `people` by theirs: "" or how UChat refuses them. `longest_page` caps `limit`."""

    def __init__(self) -> None:
        super().__init__()
        self.sub_flows: dict[str, str] = {}
        self.people: dict[str, str] = {ANN: ""}
        self.longest_page = 100
        self.asked: list[int] = []  # pages of the list

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return said({"message": "Unauthenticated."}, 401)
        match request.method, request.path:
            case "GET", "/api/flow/subflows":
                return self._list(request.query)
            case "POST", "/api/subscriber/send-sub-flow":
                return self._send(json.loads(request.body), ("user_ns", "sub_flow_ns"))
            case "POST", "/api/subscriber/send-text":
                return self._send(json.loads(request.body), ("user_ns", "content"))
        return said({"message": f"The route {request.path} could not be found."}, 404)

    def _list(self, query: dict[str, str]) -> Reply:
        each, page = min(int(query.get("limit", A_PAGE)), self.longest_page), int(query.get("page", 1))
        self.asked.append(page)
        listed = [{"name": name, "sub_flow_ns": reference} for reference, name in self.sub_flows.items()]
        shown, last = listed[(page - 1) * each : page * each], max(1, -(-len(listed) // each))
        following = f"{self.base_url}/api/flow/subflows?page={page + 1}" if page < last else None
        meta = {"current_page": page, "per_page": each, "last_page": last, "total": len(listed)}
        return said({"data": shown, "links": {"next": following}, "meta": meta, "status": "ok"})

    def _send(self, payload: dict[str, Any], fields: tuple[str, str]) -> Reply:
        if missing := [name for name in fields if not payload.get(name)]:
            errors = {name: [f"The {name} field is required."] for name in missing}
            return said({"message": "The given data was invalid.", "errors": errors}, 422)
        state = self.people.get(payload["user_ns"], "Subscriber not found")
        if state:
            return said({"status": "error", "message": state}, 404 if "not found" in state else 400)
        if "sub_flow_ns" in payload and payload["sub_flow_ns"] not in self.sub_flows:
            return said({"status": "error", "message": "Sub flow not found"}, 404)
        self.accepted.append(payload)
        return said({"status": "ok"})
