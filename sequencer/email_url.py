"""EMAIL_URL: how the product's own mail (invitations, password resets, warnings to owners) leaves."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

# scheme: (port, STARTTLS, TLS from the first byte)
SMTP = {"smtp": (25, False, False), "smtp+tls": (587, True, False), "smtps": (465, False, True)}
SHAPE = "smtp+tls://user:password@mail.example.com:587/?from=sequencer@example.com"


@dataclass(frozen=True, slots=True)
class EmailServer:
    """Django's mail settings; `sender` stands in the From line."""

    backend: str
    sender: str
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False


def parse_email_url(url: str, public_host: str, debug: bool) -> EmailServer:
    """Absent: printed while debugging, else the mail server of this machine. Raises ValueError with half a sentence."""
    parts = urlsplit(url or ("console:" if debug else "smtp://localhost"))
    unknown = set(parse_qs(parts.query)) - {"from"}
    if parts.scheme not in {*SMTP, "console"} or unknown:
        raise ValueError(f"must be console: or look like {SHAPE} (smtp, smtp+tls or smtps)")
    sender = parse_qs(parts.query).get("from", [f"sequencer@{public_host}"])[0]
    if parts.scheme == "console":
        return EmailServer("django.core.mail.backends.console.EmailBackend", sender)
    if not parts.hostname:
        raise ValueError(f"names no host; it should look like {SHAPE}")
    port, starttls, implicit = SMTP[parts.scheme]
    return EmailServer(
        backend="django.core.mail.backends.smtp.EmailBackend",
        sender=sender,
        host=parts.hostname,
        port=parts.port or port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=starttls,
        use_ssl=implicit,
    )
