"""What the operator decides, read once at start: `.env` in the project folder, then the environment, which wins.

Pure: texts in, a frozen value out. A value that cannot be right is refused in one sentence that names its variable.
"""

from __future__ import annotations

import hashlib
import platform
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

from sequencer.email_url import EmailServer, parse_email_url

VARIABLES = (
    "SECRET_KEY",
    "DATABASE_URL",
    "DEBUG",
    "ALLOWED_HOSTS",
    "REDIS_URL",
    "PUBLIC_URL",
    "ENCRYPTION_KEYS",
    "EMAIL_URL",
    "CSRF_TRUSTED_ORIGINS",
    "ALLOW_PRIVATE_ADDRESSES",
    "OUTGOING_PORTS",
    "TRUSTED_PROXIES",
    "METRICS_TOKEN",
    "LOG_FORMAT",
    "KEEP_HISTORY_DAYS",
    "KEEP_EVENTS_DAYS",
    "KEEP_AUDIT_DAYS",
)
MAX_PROXIES = 9
MAX_DAYS = 36_500
DEFAULT_PORTS = "80,443"
LOG_FORMATS = ("text", "json")
DEFAULT_PUBLIC_URL = "http://localhost:8000"
Network = IPv4Network | IPv6Network
Value = TypeVar("Value")


class EnvironmentRefused(ImproperlyConfigured):
    """The sentence for the operator; it begins with the variable and never contains a secret's value."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Every variable, typed and checked. `private_networks` are those allowed besides public addresses."""

    secret_key: str
    encryption_keys: tuple[str, ...]
    debug: bool
    database: dj_database_url.DBConfig
    redis_url: str
    public_url: str
    allowed_hosts: tuple[str, ...]
    csrf_trusted_origins: tuple[str, ...]
    email: EmailServer
    allow_private_addresses: bool
    private_networks: tuple[Network, ...]
    outgoing_ports: tuple[int, ...]
    trusted_proxies: int
    metrics_token: str
    log_format: str
    keep_history: timedelta | None
    keep_events: timedelta | None
    keep_audit: timedelta | None

    @property
    def is_https(self) -> bool:
        """Redirects, HSTS and secure cookies follow this."""
        return self.public_url.startswith("https://")


def load(folder: Path, environ: Mapping[str, str]) -> Environment:
    """The environment of a project folder; the variables of the process win over those of its `.env`."""
    kept = {name: value or "" for name, value in dotenv_values(folder / ".env", interpolate=False).items()}
    return read({**kept, **environ}, folder)


def read(values: Mapping[str, str], folder: Path) -> Environment:
    """Check all variables; an empty one counts as absent. Raises EnvironmentRefused."""
    texts = {name: values.get(name, "").strip() for name in VARIABLES}
    debug = boolean("DEBUG", texts["DEBUG"])
    if debug:
        texts = {**texts, **{name: texts[name] or made for name, made in for_development(folder).items()}}
    public = web_address("PUBLIC_URL", texts["PUBLIC_URL"] or DEFAULT_PUBLIC_URL)
    everywhere, networks = private_addresses("ALLOW_PRIVATE_ADDRESSES", texts["ALLOW_PRIVATE_ADDRESSES"])
    return Environment(
        secret_key=required("SECRET_KEY", texts["SECRET_KEY"]),
        encryption_keys=fernet_keys("ENCRYPTION_KEYS", texts["ENCRYPTION_KEYS"]),
        debug=debug,
        database=database("DATABASE_URL", texts["DATABASE_URL"], folder),
        redis_url=redis_address("REDIS_URL", texts["REDIS_URL"]),
        public_url=public.geturl().rstrip("/"),
        allowed_hosts=listed(texts["ALLOWED_HOSTS"]) or default_hosts(public, debug),
        csrf_trusted_origins=origins("CSRF_TRUSTED_ORIGINS", texts["CSRF_TRUSTED_ORIGINS"], public),
        email=parsed("EMAIL_URL", texts["EMAIL_URL"], lambda url: parse_email_url(url, public.hostname or "", debug)),
        allow_private_addresses=everywhere,
        private_networks=networks,
        outgoing_ports=ports("OUTGOING_PORTS", texts["OUTGOING_PORTS"] or DEFAULT_PORTS),
        trusted_proxies=small_number("TRUSTED_PROXIES", texts["TRUSTED_PROXIES"], most=MAX_PROXIES),
        metrics_token=texts["METRICS_TOKEN"],
        log_format=one_of("LOG_FORMAT", texts["LOG_FORMAT"] or "text", LOG_FORMATS),
        keep_history=days("KEEP_HISTORY_DAYS", texts["KEEP_HISTORY_DAYS"] or "400"),
        keep_events=days("KEEP_EVENTS_DAYS", texts["KEEP_EVENTS_DAYS"] or "180"),
        keep_audit=days("KEEP_AUDIT_DAYS", texts["KEEP_AUDIT_DAYS"] or "730"),
    )


def listed(text: str) -> tuple[str, ...]:
    """The parts between commas, without blanks."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def parsed(name: str, text: str, parse: Callable[[str], Value]) -> Value:
    """What `parse` makes of the text; its ValueError becomes a refusal that names the variable."""
    try:
        return parse(text)
    except ValueError as err:
        raise EnvironmentRefused(f"{name} {err}.") from err


def boolean(name: str, text: str) -> bool:
    """0 or 1; absent is 0."""
    if text not in {"", "0", "1"}:
        raise EnvironmentRefused(f"{name} must be 0 or 1, not {text!r}.")
    return text == "1"


def one_of(name: str, text: str, allowed: Collection[str]) -> str:
    """One of a few words."""
    if text not in allowed:
        raise EnvironmentRefused(f"{name} must be {' or '.join(allowed)}, not {text!r}.")
    return text


def small_number(name: str, text: str, *, most: int) -> int:
    """A whole number from 0; absent is 0."""
    if text and (not text.isascii() or not text.isdigit() or int(text) > most):
        raise EnvironmentRefused(f"{name} must be a whole number from 0 to {most}, not {text!r}.")
    return int(text or 0)


def days(name: str, text: str) -> timedelta | None:
    """So many days; 0 is None, for ever."""
    number = small_number(name, text, most=MAX_DAYS)
    return timedelta(days=number) if number else None


def for_development(folder: Path) -> dict[str, str]:
    """Secrets for DEBUG=1 where none are set: the same for one folder of one machine, worth nothing elsewhere."""
    seed = hashlib.sha256(f"{platform.node()} {folder}".encode()).digest()
    return {"SECRET_KEY": f"only-for-development-{seed.hex()}", "ENCRYPTION_KEYS": urlsafe_b64encode(seed).decode()}


def required(name: str, text: str) -> str:
    """A text that must be there: nothing starts with a secret that everybody knows."""
    if not text:
        raise EnvironmentRefused(
            f"{name} is not set: set it in the environment or in .env; `make run` makes one for you."
        )
    return text


def fernet_keys(name: str, text: str) -> tuple[str, ...]:
    """One or more Fernet keys, the newest first."""
    keys = listed(required(name, text))
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as err:
            raise EnvironmentRefused(f"{name}: key {position} of {len(keys)} is not a Fernet key.") from err
    return keys


def database(name: str, text: str, folder: Path) -> dj_database_url.DBConfig:
    """SQLite or PostgreSQL; a relative SQLite path lies in the project folder."""
    url = text or "sqlite:///sequencer.sqlite3"
    if urlsplit(url).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise EnvironmentRefused(f"{name} must begin with sqlite:/// or postgresql://.")
    config = parsed(name, url, dj_database_url.parse)
    if "sqlite" in config["ENGINE"] and config["NAME"] != ":memory:":
        config["NAME"] = str(folder / config["NAME"])
    return config


def web_address(name: str, text: str) -> SplitResult:
    """An http or https address with a host, without query or fragment."""
    address = urlsplit(text)
    if address.scheme not in {"http", "https"} or not address.hostname or address.query or address.fragment:
        raise EnvironmentRefused(f"{name} must look like https://sequencer.example.com, not {text!r}.")
    return address


def redis_address(name: str, text: str) -> str:
    """Empty (no Redis) or an address of one."""
    if text and urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise EnvironmentRefused(f"{name} must begin with redis://, rediss:// or unix://.")
    return text


def default_hosts(public: SplitResult, debug: bool) -> tuple[str, ...]:
    """The public host, and this machine's own names while debugging."""
    loopback = ("localhost", "127.0.0.1", "[::1]") if debug else ()
    return tuple(dict.fromkeys((str(public.hostname), *loopback)))


def origins(name: str, text: str, public: SplitResult) -> tuple[str, ...]:
    """Where forms may come from: what is listed, and always the public address itself."""
    for origin in listed(text):
        web_address(name, origin)
    return (f"{public.scheme}://{public.netloc}", *listed(text))


def private_addresses(name: str, text: str) -> tuple[bool, tuple[Network, ...]]:
    """0, 1, or a list of networks: (everything?, these too)."""
    if text in {"", "0", "1"}:
        return text == "1", ()
    try:
        return False, tuple(ip_network(part) for part in listed(text))
    except ValueError as err:
        raise EnvironmentRefused(f"{name} must be 0, 1 or a list of networks like 10.0.0.0/8: {err}.") from err


def ports(name: str, text: str) -> tuple[int, ...]:
    """A list of port numbers."""
    parts = listed(text)
    if not parts or not all(part.isascii() and part.isdigit() and 0 < int(part[:6]) < 65536 for part in parts):
        raise EnvironmentRefused(f"{name} must be a list of ports like 80,443, not {text!r}.")
    return tuple(int(part) for part in parts)
