"""The environment of a test run: every variable set by name, so that nobody's own .env decides a result.

The launcher hands them to whatever it runs; `tests.preparation` sets them when pytest was started by itself.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

VARIABLES = {
    "DJANGO_SETTINGS_MODULE": "sequencer.settings",
    "SECRET_KEY": "for-tests-only-" + "k" * 50,
    "ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"for-tests-only".ljust(32, b".")).decode(),
    "DEBUG": "0",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "REDIS_URL": "",
    "PUBLIC_URL": "http://testserver",
    "EMAIL_URL": "",
    "CSRF_TRUSTED_ORIGINS": "",
    # The doubles of the providers listen on loopback.
    "ALLOW_PRIVATE_ADDRESSES": "1",
    "OUTGOING_PORTS": "",
    "TRUSTED_PROXIES": "",
    "METRICS_TOKEN": "",
    "LOG_FORMAT": "",
    "KEEP_HISTORY_DAYS": "",
    "KEEP_EVENTS_DAYS": "",
    "KEEP_AUDIT_DAYS": "",
    # The journeys count every message.
    "SEQUENCER_CANARY": "0",
}


# Some machines ask Python not to keep what it compiled: every process of a test would compile everything anew.
UNWANTED = ("PYTHONDONTWRITEBYTECODE",)


def settled(inherited: Mapping[str, str], **more: str) -> dict[str, str]:
    """The environment of a process of a test run: what it inherits, without what slows it down, and our variables."""
    return {**{name: value for name, value in inherited.items() if name not in UNWANTED}, **VARIABLES, **more}


def sqlite_url(folder: Path) -> str:
    """The DATABASE_URL of a SQLite file in `folder`."""
    return f"sqlite:///{folder}/sequencer.sqlite3"
