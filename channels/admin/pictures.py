"""Pictures among our own files, by an address that works wherever the installation is looked at."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from django.conf import settings

# Ours by whatever name and port somebody reaches the machine that they sit at.
OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def shown_picture(url: str) -> str:
    """The path alone of a picture that is our own static file, else the address as it is; it is stored in full."""
    try:
        parts = urlsplit(url)
        is_ours = parts.path.startswith(settings.STATIC_URL) and _is_our_host(parts)
    except ValueError:
        return url
    return parts.path if is_ours else url


def _is_our_host(parts: SplitResult) -> bool:
    public = urlsplit(settings.PUBLIC_URL)
    return (parts.scheme, parts.netloc) == (public.scheme, public.netloc) or parts.hostname in OWN_MACHINE
