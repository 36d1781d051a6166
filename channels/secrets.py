"""Credentials at rest: encrypted with ENCRYPTION_KEYS and bound to their row; a copied ciphertext is refused."""

from __future__ import annotations

import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SecretsUnreadable(Exception):
    """The ciphertext belongs to another row, or its key is not among ENCRYPTION_KEYS."""


def seal(credentials: dict[str, str], *, workspace_id: int, channel_id: int) -> str:
    value = {"workspace": workspace_id, "channel": channel_id, "data": credentials}
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str, *, workspace_id: int, channel_id: int) -> dict[str, str]:
    """The credentials; {} for a channel without any. Raises SecretsUnreadable."""
    if not sealed:
        return {}
    try:
        value = json.loads(_fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise SecretsUnreadable("no key of ENCRYPTION_KEYS opens these credentials") from error
    if (value["workspace"], value["channel"]) != (workspace_id, channel_id):
        raise SecretsUnreadable("these credentials were sealed for another channel")
    return dict(value["data"])


def is_under_newest_key(sealed: str) -> bool:
    """Whether the first of ENCRYPTION_KEYS alone opens it."""
    try:
        _fernet(tuple(settings.ENCRYPTION_KEYS[:1])).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
