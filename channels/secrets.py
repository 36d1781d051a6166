"""Credentials at rest: encrypted with ENCRYPTION_KEYS and bound to their row; a copied ciphertext is refused."""

from __future__ import annotations

import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SecretsUnreadable(Exception):
    """The ciphertext belongs to another row, or its key is not among ENCRYPTION_KEYS."""


def seal(credentials: dict[str, str], *, workspace_id: int, **row: int) -> str:
    """A ciphertext for one row only, which is named by its kind: `channel_id=7`, `endpoint_id=7`."""
    value = {**_owner(workspace_id, row), "data": credentials}
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str, *, workspace_id: int, **row: int) -> dict[str, str]:
    """The credentials; {} for a row without any. Raises SecretsUnreadable."""
    if not sealed:
        return {}
    try:
        value = json.loads(_fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise SecretsUnreadable("no key of ENCRYPTION_KEYS opens these credentials") from error
    data: dict[str, str] = value.pop("data")
    if value != _owner(workspace_id, row):
        raise SecretsUnreadable("these credentials were sealed for another row")
    return data


def _owner(workspace_id: int, row: dict[str, int]) -> dict[str, int]:
    return {"workspace": workspace_id, **{name.removesuffix("_id"): number for name, number in row.items()}}


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
