"""webhook-endpoints/ and webhook-messages/: made, changed, tried and replayed by a program; secrets are shown once."""

from __future__ import annotations

from typing import Any

import pytest

from channels.models import Contact
from sequencer.workspaces.models import AuditEvent, Workspace
from sequences.models import KeptAnswer, WebhookEndpoint, WebhookMessage
from sequences.rules.outgoing import CHOOSABLE
from tests.actions.cast import a_sandbox, enter
from tests.api.calling import Program
from tests.builders import a_contact, a_sequence
from tests.engine import MONDAY_NOON

HOOK = {"url": "https://shop.example/hook"}


def made(program: Program, **values: Any) -> dict[str, Any]:
    response = program.post("webhook-endpoints/", {**HOOK, **values})
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_the_secret_is_shown_once_and_stored_under_a_seal(program: Program) -> None:
    answer = made(program, description="The shop", event_types=["message.failed"])
    secret = answer.pop("secret")
    assert secret.startswith("whsec_")
    assert program.get(f"webhook-endpoints/{answer['id']}/").json() == answer
    assert program.get("webhook-endpoints/").json()["results"] == [answer]
    stored = [*WebhookEndpoint.objects.values(), *AuditEvent.objects.values()]
    assert secret not in str(stored)


def test_whoever_repeats_the_call_sees_the_secret_again_and_no_table_holds_it(program: Program) -> None:
    first, again = (program.post("webhook-endpoints/", HOOK, key="hook-1") for _ in range(2))
    assert (first.content, again["Idempotent-Replayed"]) == (again.content, "true")
    assert WebhookEndpoint.objects.count() == 1
    assert first.json()["secret"] not in KeptAnswer.objects.get().body


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"url": ""}, "url", "required"),
        ({"url": None}, "url", "required"),
        ({"url": 5}, "url", "invalid_type"),
        ({"url": "shop.example"}, "url", "invalid_url"),
        ({"url": "ftp://shop.example"}, "url", "invalid_url"),
        ({"url": "https://me:pass@shop.example/"}, "url", "invalid_url"),
        ({"url": "https://shop.example:0/"}, "url", "invalid_url"),
        ({"url": "http://shop.example/"}, "url", "https_required"),
        ({"url": "http://169.254.169.254/"}, "url", "https_required"),
        ({"url": "https://shop.example/" + "x" * 2000}, "url", "too_long"),
        ({"description": "x" * 201}, "description", "too_long"),
        ({"event_types": ["message.lost"]}, "event_types.0", "unknown_choice"),
        ({"event_types": ["test"]}, "event_types.0", "unknown_choice"),
        ({"event_types": ["message.sent"] * 2}, "event_types", "duplicate"),
        ({"state": "asleep"}, "state", "unknown_choice"),
        ({"secret": "whsec_x"}, "secret", "unknown_field"),
        ({"failing_since": None}, "failing_since", "read_only"),
    ],
)
def test_what_is_refused_is_refused_by_creation_and_by_change(
    program: Program, settings: Any, values: dict[str, Any], field: str, code: str
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    endpoint = made(program)
    if field != "secret":
        assert program.refused(program.patch(f"webhook-endpoints/{endpoint['id']}/", values)) == [(field, code)]
    assert program.refused(program.post("webhook-endpoints/", {**HOOK, **values})) == [(field, code)]
    assert WebhookEndpoint.objects.count() == 1


def test_it_is_switched_off_and_on_changed_and_taken_away(program: Program) -> None:
    path = f"webhook-endpoints/{made(program)['id']}/"
    off = program.patch(path, {"state": "disabled", "event_types": list(CHOOSABLE)}).json()
    assert (off["state"], off["disabled_because"], off["event_types"]) == ("disabled", "by_hand", list(CHOOSABLE))
    for refused in (program.post(f"{path}test/"), program.post(f"{path}replay/", {"since": "2026-01-01T00:00:00Z"})):
        assert (refused.status_code, refused.json()["code"]) == (409, "endpoint_disabled")
    on = program.patch(path, {"state": "active"}).json()
    assert (on["state"], on["disabled_because"]) == ("active", None)
    gone = program.client.delete(f"/api/v1/{path}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert program.get(path).status_code == 404


def test_a_new_secret_overlaps_with_the_old_one(program: Program) -> None:
    endpoint = made(program)
    path = f"webhook-endpoints/{endpoint['id']}/rotate-secret/"
    answer = program.post(path).json()
    assert answer["secret"] != endpoint["secret"]
    assert answer["old_secret_until"] is not None
    at_once = program.post(path, {"overlap_hours": 0}).json()
    assert at_once["old_secret_until"] is None
    assert program.refused(program.post(path, {"overlap_hours": 169})) == [("overlap_hours", "out_of_range")]


def test_the_log_says_what_was_told_and_each_can_be_sent_again(program: Program, workspace: Workspace) -> None:
    endpoint = made(program)
    contact: Contact = a_contact(a_sandbox(workspace))
    enter(a_sequence(workspace), contact, now=MONDAY_NOON)
    test = program.post(f"webhook-endpoints/{endpoint['id']}/test/")
    assert (test.status_code, test.json()["type"]) == (201, "test")
    listed = program.get("webhook-messages/", endpoint=endpoint["id"], type="subscription.started").json()["results"]
    [message] = listed
    assert (message["contact"], message["state"], message["tries"]) == (contact.public_id, "waiting", [])
    WebhookMessage.objects.update(state="delivered", next_attempt_at=None)
    again = program.post(f"webhook-messages/{message['id']}/replay/").json()
    assert (again["state"], again["webhook_id"]) == ("waiting", message["webhook_id"])
    since = program.post(f"webhook-endpoints/{endpoint['id']}/replay/", {"since": "2026-01-01T00:00:00Z"})
    assert since.json() == {"messages": 2}
    future = program.post(f"webhook-endpoints/{endpoint['id']}/replay/", {"since": "2999-01-01T00:00:00Z"})
    assert program.refused(future) == [("since", "in_the_future")]
    [waiting] = program.get("webhook-messages/", contact=contact.public_id, state="waiting").json()["results"]
    assert waiting["id"] == again["id"]


def test_there_is_a_limit_to_how_many_there_are(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sequences.actions.webhook_endpoints.MOST_ENDPOINTS", 2)
    made(program), made(program)
    assert program.refused(program.post("webhook-endpoints/", HOOK)) == [("url", "too_many")]
