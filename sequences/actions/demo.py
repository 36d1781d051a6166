"""Fill an installation with the demonstration: a workspace, its owner, a sandbox, people who get something at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from channels.actions.answer_in_sandbox import answer_in_sandbox
from channels.actions.save_channel import ChannelDraft, save_channel
from channels.actions.upsert_contact import upsert_contact
from channels.models import Channel
from sequencer.workspaces.actions.create_workspace import create_workspace
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import User, Workspace
from sequences.actions.save_sequence import SequenceDraft, StepDraft, draft_of, save_sequence
from sequences.actions.save_sub_flow import SubFlowDraft, save_sub_flow
from sequences.actions.subscribe import subscribe
from sequences.demo import content
from sequences.demo.content import DemoMessage, DemoSequence
from sequences.demo.people import DemoPerson, people
from sequences.models import Sequence

OWNER_EMAIL = "owner@example.com"
WORKSPACE_NAME = "Librairie Nord"
WORKSPACE_TIME_ZONE = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class Demo:
    workspace: Workspace
    owner: User


@transaction.atomic
def make_demo(*, password: str, language: str, picture: str, now: datetime) -> Demo | None:
    """Make all of it, or nothing; None when the demonstration's owner exists already, whatever became of the rest.

    English is nobody's choice but the default: then the pages speak the browser's language.
    """
    spoken = "" if language == "en" else language
    owner, is_new = User.objects.get_or_create(email=OWNER_EMAIL, defaults={"language": spoken})
    if not is_new:
        return None
    with translation.override(language):
        return Demo(_fill(_named(owner, password), picture=picture, now=now), owner)


def _named(owner: User, password: str) -> User:
    owner.name = _("Demo owner")
    owner.set_password(password)
    owner.save(update_fields=["name", "password"])
    return owner


def _fill(owner: User, *, picture: str, now: datetime) -> Workspace:
    workspace = create_workspace(WORKSPACE_NAME, time_zone=WORKSPACE_TIME_ZONE, owner=owner, actor=SYSTEM, now=now)
    owner.last_workspace = workspace
    owner.save(update_fields=["last_workspace"])
    sandbox = ChannelDraft(kind="sandbox", name=_("Sandbox"))
    channel = save_channel(workspace, None, sandbox, now=now, actor=SYSTEM)
    made = _make_sequences(workspace, picture, now)
    for person in people():
        _bring_in(person, channel, made, now)
    return workspace


def _make_sequences(workspace: Workspace, picture: str, now: datetime) -> dict[str, Sequence]:
    """First their names, because messages may subscribe people to any of them; then the messages."""
    made = {
        key: save_sequence(workspace, None, SequenceDraft(name), now=now, actor=SYSTEM)
        for key, name in content.sequence_names().items()
    }
    ids = {key: sequence.public_id for key, sequence in made.items()}
    for key, wanted in content.sequences(ids, picture).items():
        made[key] = _add_messages(made[key], wanted, now)
    return made


def _add_messages(sequence: Sequence, wanted: DemoSequence, now: datetime) -> Sequence:
    steps = tuple(_step(sequence.workspace, message, now) for message in wanted.messages)
    draft = replace(draft_of(sequence), stop_on_reply=wanted.stop_on_reply, steps=steps)
    return save_sequence(sequence.workspace, sequence, draft, now=now, actor=SYSTEM)


def _step(workspace: Workspace, message: DemoMessage, now: datetime) -> StepDraft:
    draft = SubFlowDraft(message.sub_flow, message.blocks)
    sub_flow = save_sub_flow(workspace, None, draft, now=now, actor=SYSTEM)
    return StepDraft(name=message.name, sub_flow_id=sub_flow.pk, **message.settings)


def _bring_in(person: DemoPerson, channel: Channel, made: Mapping[str, Sequence], now: datetime) -> None:
    contact, _is_new = upsert_contact(channel, person.address, person.values, now=now, actor=SYSTEM)
    answer_in_sandbox(contact, person.wrote, now=now - person.ago, actor=SYSTEM)
    for key in person.sequences:
        subscribe(made[key], [contact], now=now, actor=SYSTEM)
