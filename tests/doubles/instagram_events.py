"""What Meta posts to an Instagram account's webhook: Messenger's events under another object, and reads by mid."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.doubles.graph_events import SECRET, VERIFY_TOKEN, event, message

ACCOUNT_ID = "17841400000000000"
CREDENTIALS = {
    "instagram_account_id": ACCOUNT_ID,
    "access_token": "account-token",
    "app_secret": SECRET,
    "verify_token": VERIFY_TOKEN,
}


def read(igsid: str, at: datetime, mid: str) -> dict[str, Any]:
    return event(igsid, at, read={"mid": mid})


def unsent(igsid: str, at: datetime, mid: str) -> dict[str, Any]:
    """They took a message back."""
    return message(igsid, at, mid=mid, is_deleted=True)


def post_of(*events: dict[str, Any], account_id: str = ACCOUNT_ID) -> bytes:
    """The body of one post, with escaped unicode as Meta sends it."""
    entry = {"id": account_id, "time": 1_795_000_000_000, "messaging": list(events)}
    return json.dumps({"object": "instagram", "entry": [entry]}).encode()
