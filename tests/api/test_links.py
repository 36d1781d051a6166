"""contacts/{id}/link/, linked/ and unlink/: one person on several channels."""

from __future__ import annotations

import pytest

from sequencer.workspaces.models import Workspace
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_workspace

pytestmark = pytest.mark.once("sqlite")


def test_a_program_links_shows_and_unlinks(program: Program, workspace: Workspace) -> None:
    ann, mail, sms = (a_contact(a_channel(workspace), address) for address in ("ann", "ann@e.com", "+33"))
    here = f"contacts/{ann.public_id}/"
    assert [one["id"] for one in program.post(f"{here}link/", {"contact": {"id": mail.public_id}}).json()] == [
        mail.public_id
    ]
    named = {"channel": sms.channel.public_id, "address": "+33"}
    assert program.post(f"{here}link/", {"contact": named}).status_code == 200
    assert [one["address"] for one in program.get(f"{here}linked/").json()] == ["ann@e.com", "+33"]
    assert program.get(f"{here}export/").json()["linked_to"] == [mail.public_id, sms.public_id]
    assert program.post(f"contacts/{mail.public_id}/unlink/", {}).status_code == 204
    assert [one["address"] for one in program.get(f"{here}linked/").json()] == ["+33"]


def test_what_cannot_be_linked_is_refused_by_name(program: Program, workspace: Workspace) -> None:
    ann = a_contact(a_channel(workspace), "ann")
    stranger = a_contact(a_channel(a_workspace("Elsewhere")), "ann")
    bob = a_contact(ann.channel, "bob")
    here = f"contacts/{ann.public_id}/link/"
    nobody = {"channel": ann.channel.public_id, "address": "nobody"}
    for contact, field, code in [
        ({"id": stranger.public_id}, "contact.id", "not_found"),
        ({"id": bob.public_id}, "contact", "same_channel"),
        (nobody, "contact", "not_found"),
    ]:
        answer = program.post(here, {"contact": contact})
        assert answer.status_code == 422
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert program.post(f"contacts/{stranger.public_id}/link/", {"contact": {"id": ann.public_id}}).status_code == 404
