"""How a call signs in by a name and a secret (RFC 7617)."""

from __future__ import annotations

import base64


def basic_auth(name: str, secret: str) -> tuple[str, str]:
    """The header."""
    proof = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return "Authorization", f"Basic {proof}"
