"""From which address a request came, behind as many proxies as the operator put in front."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The address of whoever called, as the audit log can store it; None where there is none to be known.

    Each trusted proxy adds the address it was called from at the end of X-Forwarded-For: what stands further to the
    left is the caller's own invention.
    """
    called_from = str(request.META.get("REMOTE_ADDR", ""))
    count, header = settings.TRUSTED_PROXIES, str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    passed_on = header.split(",") if header else []
    return _literal(passed_on[-count] if 0 < count <= len(passed_on) else called_from)


def _literal(text: str) -> str | None:
    """The bare address in 1.2.3.4, 1.2.3.4:567, ::1, fe80::1%eth0 or [::1]:567."""
    bare = text.strip().partition("%")[0]
    for form in (bare, bare.rpartition(":")[0].removeprefix("[").removesuffix("]"), bare.strip("[]")):
        try:
            return str(ip_address(form))
        except ValueError:
            continue
    return None
