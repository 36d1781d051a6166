"""The links of a mail: posting to one unsubscribes at once, looking at it changes nothing, no other text is one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.signing import Signer
from django.test import Client
from django.utils import timezone

from channels.actions.erase_contact import erase_contact
from channels.models import Contact
from channels.ways_out import read_way_out, way_out
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent, Workspace
from sequences.models import Sequence
from tests.actions.cast import enter, subscription_of
from tests.builders import a_channel, a_contact, a_sequence, a_workspace

pytestmark = pytest.mark.django_db
SETTINGS = {"service": "smtp", "sender": "news@shop.example", "sender_name": "The Shop", "host": "mail.example"}
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def ann() -> Contact:
    return a_contact(a_channel(kind="email", settings=SETTINGS), "ann@example.com")


@pytest.fixture
def two(ann: Contact) -> tuple[Sequence, Sequence]:
    """Ann is in both."""
    one, other = (a_sequence(ann.workspace) for _ in range(2))
    for sequence in (one, other):
        enter(sequence, ann, now=timezone.now())
    return one, other


def path_of(contact: Contact, sequence: Sequence | None = None) -> str:
    return urlsplit(way_out(contact, sequence.public_id if sequence else "")).path


def states(contact: Contact, sequences: tuple[Sequence, ...]) -> list[tuple[str, str]]:
    found = [subscription_of(contact, sequence) for sequence in sequences]
    return [(one.state, one.ended_because) for one in found]


def test_one_click_ends_all_of_the_channel_with_the_reason(ann: Contact, two: tuple[Sequence, ...]) -> None:
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = client.post(path_of(ann), ONE_CLICK, content_type=FORM)
        assert (answer.status_code, dict(answer.cookies)) == (200, {})
        assert "You are unsubscribed" in answer.content.decode()
    ann.refresh_from_db()
    assert ann.opted_out_at is not None
    assert states(ann, two) == [("stopped", "opted_out")] * 2
    of_one = client.get(path_of(ann, two[0])).content.decode()
    assert "You have left this series" in of_one
    assert way_out(ann) not in of_one
    [event] = AuditEvent.objects.filter(verb="opted_out")
    assert (event.actor_kind, event.actor_id) == ("contact", ann.pk)


def test_leaving_one_sequence_leaves_the_others(ann: Contact, two: tuple[Sequence, ...]) -> None:
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = client.post(path_of(ann, two[0]))
        assert answer.status_code == 200
        assert "You have left this series" in answer.content.decode()
        assert way_out(ann) in answer.content.decode()
    ann.refresh_from_db()
    assert ann.opted_out_at is None
    assert states(ann, two) == [("stopped", "unsubscribed"), ("active", "")]


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("is_of_one", [False, True])
def test_a_scanner_that_opens_every_link_changes_nothing(
    ann: Contact, two: tuple[Sequence, ...], method: str, is_of_one: bool
) -> None:
    answer = getattr(Client(), method)(path_of(ann, two[0] if is_of_one else None))
    assert answer.status_code == 200
    ann.refresh_from_db()
    assert ann.opted_out_at is None
    assert states(ann, two) == [("active", "")] * 2
    assert not AuditEvent.objects.filter(actor_kind="contact").exists()
    if method == "get":
        assert '<form method="post">' in answer.content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_nothing_else_is_done_there(ann: Contact, method: str) -> None:
    assert getattr(Client(), method)(path_of(ann)).status_code == 405


@pytest.mark.once("sqlite")
def test_the_page_speaks_the_persons_language_else_the_browsers(ann: Contact) -> None:
    def said(**headers: str) -> str:
        return Client().get(path_of(ann), headers=headers).content.decode()

    assert '<html lang="en">' in said(accept_language="de")
    assert '<html lang="fr">' in said(accept_language="fr-CA")
    Contact.objects.filter(pk=ann.pk).update(language="fr_CA")
    assert '<html lang="fr">' in said(accept_language="en")


@pytest.mark.once("sqlite")
def test_the_page_runs_no_script_is_kept_nowhere_and_tells_nobody_its_address(ann: Contact) -> None:
    answer = Client().get(path_of(ann))
    assert "<script" not in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert "ann@example.com" not in answer.content.decode()


def forged(ann: Contact, other: Contact) -> dict[str, str]:
    """Texts that look like tokens of ours, and are none, or name what does not belong together."""
    mine, sign = path_of(ann).split("/")[2], Signer(salt="channels.ways_out", sep=".").sign
    value, _, signature = mine.rpartition(".")
    ours, theirs = Workspace.public_id.of(ann.workspace_id), Workspace.public_id.of(other.workspace_id)
    person, sequence = ann.public_id, a_sequence(other.workspace).public_id
    return {
        "another signature": f"{value}.{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}",
        "another person": f"{ours}-{other.public_id}.{signature}",
        "no signature": value,
        "signed elsewhere": Signer(salt="another", sep=".").sign(value),
        "their workspace, our person": sign(f"{theirs}-{person}"),
        "our workspace, their person": sign(f"{ours}-{other.public_id}"),
        "our person, their sequence": sign(f"{ours}-{person}-{sequence}"),
        "too many names": sign(f"{ours}-{person}-{sequence}-{sequence}"),
        "one name": sign(str(ours)),
        "nonsense": "%00%ff",
        "long": "x" * 5000,
        "empty names": sign("-"),
    }


def test_what_is_no_token_of_ours_is_404_and_nothing_is_said(ann: Contact, two: tuple[Sequence, ...]) -> None:
    other = a_contact(a_channel(a_workspace(), kind="email", settings=SETTINGS), "bob@example.com")
    said: set[Any] = set()
    for name, token in forged(ann, other).items():
        for method in ("get", "post"):
            answer = getattr(Client(raise_request_exception=False), method)(f"/unsubscribe/{token}/")
            assert answer.status_code == 404, name
            said.add(answer.content)
    assert len(said) == 1
    assert states(ann, two) == [("active", "")] * 2
    assert not Contact.objects.exclude(opted_out_at=None).exists()


def test_who_was_erased_is_unsubscribed_already(ann: Contact) -> None:
    path = path_of(ann)
    erase_contact(ann, now=timezone.now(), actor=SYSTEM)
    for method in ("get", "post"):
        answer = getattr(Client(), method)(path)
        assert answer.status_code == 200
        assert "You are unsubscribed" in answer.content.decode()
    assert not AuditEvent.objects.filter(actor_kind="contact").exists()


def test_a_token_names_workspace_person_and_list(ann: Contact) -> None:
    wish = read_way_out(path_of(ann, a_sequence(ann.workspace, name="Welcome")).split("/")[2])
    assert wish is not None
    assert (wish.workspace_id, wish.contact_id) == (ann.workspace_id, ann.pk)
    assert wish.list_id.startswith("seq_")
