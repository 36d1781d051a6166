"""Standard Webhooks 1.0.0: secrets, and the headers that sign one try of one message. Pure; it opens no socket.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, read 2026-11-29.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
# What a channel's credentials hold: the secret, the one before it, and until when that one signs too.
CURRENT, FORMER, FORMER_UNTIL = "signing_secret", "former_secret", "former_secret_until"
# The specification's bounds for a key, in bytes.
SHORTEST, LONGEST, OURS = 24, 64, 32


class NotASecret(ValueError):
    """The text is no `whsec_` followed by 24 to 64 bytes in base64."""


def new_secret() -> str:
    """A secret that nobody has seen: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(OURS)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that sign. Raises NotASecret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotASecret("not base64") from error
    if not SHORTEST <= len(key) <= LONGEST:
        raise NotASecret("a secret has 24 to 64 bytes")
    return key


def is_secret(text: str) -> bool:
    """Whether this is a secret in the specification's own form, prefix included."""
    try:
        return text.startswith(PREFIX) and bool(key_of(text))
    except NotASecret:
        return False


def secrets_at(stored: Mapping[str, str], at: datetime) -> list[str]:
    """What signs at that moment, the newest first, of a channel's credentials: the former one too until its time."""
    until = stored.get(FORMER_UNTIL)
    names = [CURRENT, FORMER] if until and at < datetime.fromisoformat(until) else [CURRENT]
    return [stored[name] for name in names if name in stored]


def signed_headers(message_id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The three headers of one try: `at` is the moment of this try, `message_id` the same for all tries, without dots.

    One signature for each secret, the newest first: while a secret is being changed, receivers may hold either.
    """
    if "." in message_id:
        raise ValueError("a message id holds no dot: it is what separates the signed parts")
    seconds = str(int(at.timestamp()))
    text = b".".join((message_id.encode(), seconds.encode(), body))
    signatures = " ".join(_signature(key_of(secret), text) for secret in secrets)
    return (("webhook-id", message_id), ("webhook-timestamp", seconds), ("webhook-signature", signatures))


def _signature(key: bytes, text: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
