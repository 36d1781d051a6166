#!/usr/bin/env python3
"""The three classic follow-ups by the API alone, from an empty workspace: event, feedback, abandoned cart.

    python docs/examples/article.py http://localhost:8000/api/v1 seq_live_... [BASE_URL_OF_A_MESSENGER_DOUBLE]

Without a double the channel is a sandbox, whose chat shows what comes. Needs Python and nothing else.
"""

from __future__ import annotations

import json
import sys
import urllib.request
import uuid
from typing import Any

CREDENTIALS = {"page_id": "1", "page_access_token": "token", "app_secret": "secret", "verify_token": "verify"}


class Api:
    def __init__(self, address: str, key: str) -> None:
        self.address, self.key = address.rstrip("/"), key

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON; an error of the API is raised with the words that it gave."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())  # a retry would send the same one again
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/{path}", data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error


def a_channel(api: Api, double: str) -> str:
    if not double:
        return str(api.call("POST", "channels/", {"kind": "sandbox", "name": "Sandbox"})["id"])
    settings = {"base_url": double, "after_24_hours": "message_tag"}
    body = {"kind": "messenger", "name": "Our page", "settings": settings, "credentials": CREDENTIALS}
    return str(api.call("POST", "channels/", body)["id"])


def a_step(api: Api, name: str, text: str, **settings: Any) -> dict[str, Any]:
    """A step with a sub-flow of its own."""
    made = api.call("POST", "sub-flows/", {"name": name, "blocks": [{"type": "text", "text": text}]})
    return {"name": name, "sub_flow": made["id"], **settings}


def event_follow_up(api: Api, channel: str) -> str:
    """A confirmation at once, and a reminder a day later, between 9 and 6 on the person's own clock."""
    update = {"content_type": "confirmed_event_update"}
    steps = [
        a_step(api, "Confirmation", "{{ first_name }}, your seat is confirmed.", **update),
        a_step(
            api,
            "Reminder",
            "See you at the reading on {{ fields.day }}.",
            delay={"amount": 1, "unit": "days"},
            window={"start": "09:00", "end": "18:00"},
            **update,
        ),
    ]
    return str(api.call("POST", "sequences/", {"name": "Event follow-up", "channels": [channel], "steps": steps})["id"])


def customer_feedback(api: Api) -> str:
    """Two hours after somebody talked to us; talking again begins the two hours anew."""
    step = a_step(api, "How was it?", "{{ first_name }}, how was it?", delay={"amount": 2, "unit": "hours"})
    made = api.call("POST", "sequences/", {"name": "Customer feedback", "steps": [step]})
    rules = [{"event": "message_received", "verb": "restart"}]
    api.call("PATCH", f"sequences/{made['id']}/rules/", {"rules": rules})
    return str(made["id"])


def coupon(api: Api) -> str:
    """Three hours after a cart was left, unless the order was paid meanwhile."""
    step = a_step(api, "Coupon", "Your cart waits: 5 euros less with NORD5.", delay={"amount": 3, "unit": "hours"})
    made = api.call("POST", "sequences/", {"name": "Coupon after an abandoned cart", "steps": [step]})
    rules = [{"event": "cart_abandoned", "verb": "start"}, {"event": "order_paid", "verb": "stop"}]
    api.call("PATCH", f"sequences/{made['id']}/rules/", {"rules": rules})
    return str(made["id"])


def main(address: str, key: str, double: str = "") -> dict[str, str]:
    """Build the sequences and send people through them; the ids of the sequences."""
    api = Api(address, key)
    channel = a_channel(api, double)
    made = {"event": event_follow_up(api, channel), "feedback": customer_feedback(api), "cart": coupon(api)}

    def person(name: str) -> dict[str, Any]:
        return {"channel": channel, "address": name.lower(), "first_name": name, "time_zone": "Europe/Paris"}

    # Somebody wrote, and registered for the event.
    for name in ("Noor", "Ida", "Max"):
        api.call("POST", "interactions/", {"contact": person(name), "kind": "other"})
    noor = {**person("Noor"), "fields": {"day": "Thursday"}}
    body = {"sequence": "Event follow-up", "contact": noor}
    entered = api.call("POST", "actions/subscribe-to-sequence/", body)["subscription"]
    show("Noor's first message", entered["next_send_at"], entered["next_because"])
    # Ida wrote to us: two hours from now she is asked how it was.
    api.call("POST", "interactions/", {"contact": person("Ida"), "kind": "message", "text": "Thank you!"})
    # Two carts were left; one of them is paid.
    for name in ("Max", "Noor"):
        api.call("POST", "events/", {"contact": person(name), "name": "cart_abandoned", "data": {"cart": 1042}})
    api.call("POST", "events/", {"contact": person("Noor"), "name": "order_paid"})
    for row in api.call("GET", "subscriptions/?state=active")["results"]:
        show(row["sequence"], row["next_send_at"], row["next_because"])
    return made


def show(what: str, moment: str, why: str) -> None:
    print(f"{what}: {moment} ({why})")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
