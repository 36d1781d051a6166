"""`python -m sequencer.dot_env`: makes a `.env` for this machine once, with secrets of its own; never touches one."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from cryptography.fernet import Fernet

FOLDER = Path(__file__).resolve().parent.parent


def write_once(path: Path) -> bool:
    """Write the file, readable by its owner only; False if there is one already."""
    lines = [
        "# Made by `make run` for this machine. docs/running.md explains every variable.",
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"ENCRYPTION_KEYS={Fernet.generate_key().decode()}",
        "DEBUG=1",
        "ALLOW_PRIVATE_ADDRESSES=1",
    ]
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with open(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    return True


if __name__ == "__main__":
    if write_once(FOLDER / ".env"):
        sys.stderr.write("Made .env with new secrets: keep it, what it encrypts cannot be read without it.\n")
