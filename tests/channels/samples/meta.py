"""What the kinds of Meta have in common: error objects, and how posts are signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from channels.messages import Answer
from tests.doubles.graph_events import SECRET, signature


def refused(code: int, subcode: int | None = None, status: int = 400, **more: Any) -> Answer:
    """Meta's error object, its text localized."""
    error: dict[str, Any] = {"message": "(#错误) 无法发送", "type": "OAuthException", "code": code, **more}
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer(status, body=json.dumps({"error": error}).encode())


def signed(body: bytes, secret: str | None = None) -> dict[str, str]:
    return {"X-Hub-Signature-256": signature(body, SECRET if secret is None else secret)}


def forged(body: bytes) -> dict[str, dict[str, str]]:
    """Signed in the old way, as the old header and as the new one; or with half of the signature."""
    old = "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    return {
        "only the old header": {"X-Hub-Signature": old},
        "the old one as the new": {"X-Hub-Signature-256": old},
        "without its prefix": {"X-Hub-Signature-256": signature(body).removeprefix("sha256=")},
        "too short": {"X-Hub-Signature-256": signature(body)[:-1]},
        "not ascii": {"X-Hub-Signature-256": "sha256=é"},
    }
