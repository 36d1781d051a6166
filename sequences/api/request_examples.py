"""A right body for each call that takes one, as the description shows it; ids are made up."""

from __future__ import annotations

from typing import Any

CHANNEL, CONTACT, SEQUENCE, SUB_FLOW = "chn_4AbHeqQb", "ctc_9xLfmbKR", "seq_0WUpxhv6", "sfl_yVRh72SK"
NOOR = {"channel": CHANNEL, "address": "noor", "first_name": "Noor", "time_zone": "Europe/Brussels"}
STEP = {
    "sub_flow": SUB_FLOW,
    "delay": {"amount": 2, "unit": "hours"},
    "window": {"start": "09:00", "end": "18:00"},
    "weekdays": ["mon", "tue", "wed", "thu", "fri"],
}

# By method and address behind /api/v1/.
EXAMPLES: dict[tuple[str, str], Any] = {
    ("POST", "actions/subscribe-to-sequence/"): {"sequence": "Customer feedback", "contact": NOOR},
    ("POST", "actions/unsubscribe-from-sequence/"): {"sequence": SEQUENCE, "contact": {"id": CONTACT}},
    ("POST", "interactions/"): {"contact": {"id": CONTACT}, "kind": "message", "text": "Thank you!"},
    ("POST", "events/"): {"contact": {"id": CONTACT}, "name": "cart_abandoned", "data": {"basket": 1042}},
    ("POST", "preview/"): {
        "steps": [{name: value for name, value in STEP.items() if name != "sub_flow"}],
        "subscribed_at": "2026-11-27T18:00:00Z",
        "contact": {"time_zone": "Europe/Paris"},
    },
    ("POST", "contacts/"): {**NOOR, "tags": ["vip"], "fields": {"order_number": "1042"}},
    ("PATCH", "contacts/{id}/"): {"first_name": "Noor", "fields": {"order_number": None}},
    ("POST", "channels/"): {"kind": "sandbox", "name": "Sandbox"},
    ("PATCH", "channels/{id}/"): {"state": "paused"},
    ("POST", "sub-flows/"): {"name": "Coupon", "blocks": [{"type": "text", "text": "10 % off, {{ first_name }}."}]},
    ("PATCH", "sub-flows/{id}/"): {"blocks": [{"type": "text", "text": "15 % off, {{ first_name }}."}]},
    ("POST", "sequences/"): {"name": "Coupons", "state": "active", "steps": [STEP]},
    ("PATCH", "sequences/{id}/"): {"state": "paused"},
    ("PATCH", "sequences/{id}/rules/"): {"rules": [{"event": "order_paid", "verb": "stop"}]},
    ("PATCH", "subscriptions/{id}/"): {"state": "stopped"},
    ("POST", "webhook-endpoints/"): {"url": "https://shop.example/hook", "event_types": ["message.failed"]},
    ("PATCH", "webhook-endpoints/{id}/"): {"state": "disabled"},
    ("POST", "webhook-endpoints/{id}/rotate-secret/"): {"overlap_hours": 24},
    ("POST", "webhook-endpoints/{id}/replay/"): {"since": "2026-11-23T12:00:00Z"},
}
