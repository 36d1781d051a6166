"""The operator's variables: what is understood, and the sentence with which the rest is refused."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from sequencer.database import tuned
from sequencer.env import VARIABLES, Environment, EnvironmentRefused, load, read
from tests.environment import VARIABLES as OF_TESTS

FOLDER = Path("/srv/sequencer")
KEY = OF_TESTS["ENCRYPTION_KEYS"]
LEAST = {"SECRET_KEY": "a secret", "ENCRYPTION_KEYS": KEY}


def test_a_pooler_that_cannot_prepare_statements_is_told_in_the_address() -> None:
    address = "postgresql://somebody@pooler/sequencer"
    usual, never = (
        tuned(environment(DATABASE_URL=url).database) for url in (address, f"{address}?prepare_threshold=never")
    )
    assert usual["OPTIONS"]["prepare_threshold"] == 5
    assert never["OPTIONS"]["prepare_threshold"] is None


def environment(**values: str) -> Environment:
    return read({**LEAST, **values}, FOLDER)


def test_two_secrets_are_enough_and_nothing_is_unsafe_by_default() -> None:
    plain = environment()
    assert not plain.debug
    assert not plain.allow_private_addresses
    assert plain.private_networks == ()
    assert plain.trusted_proxies == 0
    assert plain.database["ENGINE"] == "django.db.backends.sqlite3"
    assert plain.database["NAME"] == "/srv/sequencer/sequencer.sqlite3"
    assert plain.allowed_hosts == ("localhost",)
    assert plain.email.host == "localhost"


def test_development_does_without_secrets_of_its_own_and_production_never_does() -> None:
    """Web and worker of one folder must open what the other sealed."""
    made = read({"DEBUG": "1"}, FOLDER)
    assert made == read({"DEBUG": "1"}, FOLDER)
    assert made.secret_key != read({"DEBUG": "1"}, FOLDER / "other").secret_key
    assert read({"DEBUG": "1", **LEAST}, FOLDER).secret_key == "a secret"
    with pytest.raises(EnvironmentRefused, match="SECRET_KEY is not set.*make run"):
        read({"DEBUG": "0"}, FOLDER)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "", "is not set"),
        ("ENCRYPTION_KEYS", "", "is not set"),
        ("ENCRYPTION_KEYS", "short", "key 1 of 1 is not a Fernet key"),
        ("ENCRYPTION_KEYS", f"{KEY},short", "key 2 of 2 is not a Fernet key"),
        ("DEBUG", "true", "must be 0 or 1"),
        ("DEBUG", "yes", "must be 0 or 1"),
        ("DATABASE_URL", "mysql://root@localhost/sequencer", "sqlite:/// or postgresql://"),
        ("DATABASE_URL", "postgresql://u:p@host:port/name", "DATABASE_URL"),
        ("REDIS_URL", "localhost:6379", "must begin with redis://"),
        ("PUBLIC_URL", "sequencer.example.com", "must look like https://"),
        ("PUBLIC_URL", "https://sequencer.example.com/?a=1", "must look like https://"),
        ("CSRF_TRUSTED_ORIGINS", "sequencer.example.com", "must look like https://"),
        ("EMAIL_URL", "imap://mail.example.com", "must be console: or look like"),
        ("EMAIL_URL", "smtp://", "names no host"),
        ("EMAIL_URL", "smtp://mail.example.com/?sender=me", "must be console: or look like"),
        ("ALLOW_PRIVATE_ADDRESSES", "yes", "must be 0, 1 or a list of networks"),
        ("ALLOW_PRIVATE_ADDRESSES", "10.0.0.1/8", "must be 0, 1 or a list of networks"),
        ("OUTGOING_PORTS", "443;8443", "must be a list of ports like 80,443"),
        ("OUTGOING_PORTS", "0", "must be a list of ports"),
        ("OUTGOING_PORTS", "65536", "must be a list of ports"),
        ("OUTGOING_PORTS", ",", "must be a list of ports"),
        ("TRUSTED_PROXIES", "yes", "must be a whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "-1", "must be a whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "²", "must be a whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "10.0.0.1", "must be a whole number from 0 to 9"),
        ("KEEP_HISTORY_DAYS", "a year", "must be a whole number from 0 to 36500"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_name(name: str, value: str, says: str) -> None:
    with pytest.raises(EnvironmentRefused) as refusal:
        environment(**{name: value})
    assert str(refusal.value).startswith(name)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_refusal_never_repeats_a_secret() -> None:
    with pytest.raises(EnvironmentRefused) as refusal:
        environment(ENCRYPTION_KEYS="my-own-password", SECRET_KEY="another one")
    assert "my-own-password" not in str(refusal.value)


def test_the_newest_encryption_key_stays_first() -> None:
    other = "b" * 43 + "="
    assert environment(ENCRYPTION_KEYS=f"{other}, {KEY}").encryption_keys == (other, KEY)


def test_hosts_and_origins_follow_the_public_address() -> None:
    public = environment(PUBLIC_URL="https://sequencer.example.com:8443/", CSRF_TRUSTED_ORIGINS="https://a.example.com")
    assert public.public_url == "https://sequencer.example.com:8443"
    assert public.is_https
    assert public.allowed_hosts == ("sequencer.example.com",)
    assert public.csrf_trusted_origins == ("https://sequencer.example.com:8443", "https://a.example.com")


def test_debugging_answers_on_this_machines_own_names() -> None:
    assert environment(DEBUG="1").allowed_hosts == ("localhost", "127.0.0.1", "[::1]")


def test_private_networks_may_be_listed() -> None:
    listed = environment(ALLOW_PRIVATE_ADDRESSES="10.0.0.0/8, fd00::/8")
    assert not listed.allow_private_addresses
    assert listed.private_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def test_postgresql_may_live_behind_a_socket() -> None:
    config = environment(DATABASE_URL="postgresql://postgres@%2Frun%2Fdata:5432/sequencer").database
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert config["HOST"] == "/run/data"


def test_mail_with_starttls_and_a_sender() -> None:
    email = environment(EMAIL_URL="smtp+tls://ann%40example.com:p%3Aw@mail.example.com/?from=hi@example.com").email
    assert (email.host, email.port, email.use_tls, email.use_ssl) == ("mail.example.com", 587, True, False)
    assert (email.user, email.password, email.sender) == ("ann@example.com", "p:w", "hi@example.com")


def test_the_process_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SECRET_KEY=from$the$file\nENCRYPTION_KEYS={KEY}\nDEBUG=1\n")
    both = load(tmp_path, {"DEBUG": "0"})
    assert both.secret_key == "from$the$file"
    assert not both.debug


def test_the_tests_own_environment_names_every_variable() -> None:
    assert set(VARIABLES) - set(OF_TESTS) == {"DATABASE_URL"}


def test_the_proxies_in_front_are_counted() -> None:
    assert environment(TRUSTED_PROXIES="2").trusted_proxies == 2


def test_the_ports_of_the_web_are_reached_unless_others_are_named() -> None:
    assert environment().outgoing_ports == (80, 443)
    assert environment(OUTGOING_PORTS="443, 8443").outgoing_ports == (443, 8443)


def test_what_grows_is_kept_for_a_while_or_for_ever() -> None:
    assert (environment().keep_history, environment().keep_events) == (timedelta(days=400), timedelta(days=180))
    assert environment().keep_audit == timedelta(days=730)
    assert environment(KEEP_HISTORY_DAYS="30", KEEP_AUDIT_DAYS="0").keep_history == timedelta(days=30)
    assert environment(KEEP_AUDIT_DAYS="0").keep_audit is None
