"""Whose certificates we believe: those that the HTTP door believes too."""

from __future__ import annotations

import ssl
from functools import lru_cache

import certifi


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """For all connections that Python itself encrypts."""
    return ssl.create_default_context(cafile=certifi.where())
