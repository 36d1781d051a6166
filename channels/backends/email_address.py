"""The one spelling of an e-mail address: what cannot be written to is none."""

from __future__ import annotations

import re
import unicodedata

import idna

MAX_LENGTH = 200
_LOCAL = re.compile(r"(?=.{1,64}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?=.{1,190}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def email_address(text: str) -> str:
    """Lower case, the domain as it stands in the DNS; empty for what is no address that every server takes.

    RFC 5321 lets a mailbox tell ann from Ann, and none does. A name before the @ with letters beyond ASCII needs
    SMTPUTF8 (RFC 6531) all the way; such an address is refused, as are quoted names and addresses without a domain.
    """
    local, _, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    local, domain = local.lower(), _in_the_dns(domain)
    address = f"{local}@{domain}"
    is_one = _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) and len(address) <= MAX_LENGTH
    return address if is_one else ""


def _in_the_dns(domain: str) -> str:
    """Empty for a name that has no form there."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return ""
