"""A POST that is sent again under its Idempotency-Key has its effect once, and its answer again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, connections
from django.utils import timezone

from channels.models import Contact
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Conflict
from sequences.actions.answer_once import KEPT_FOR, Answer, answer_once, forget_kept_answers
from sequences.models import KeptAnswer, Subscription
from tests.api.calling import Program
from tests.builders import a_channel, a_sequence, a_workspace


@pytest.fixture
def body(workspace: Workspace) -> dict[str, object]:
    channel, sequence = a_channel(workspace), a_sequence(workspace)
    return {"sequence": sequence.public_id, "contact": {"channel": channel.public_id, "address": "ann"}}


def test_the_second_call_gets_the_first_ones_answer_byte_for_byte(program: Program, body: dict[str, object]) -> None:
    first = program.post("actions/subscribe-to-sequence/", body, key="k-1")
    again = program.post("actions/subscribe-to-sequence/", body, key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again["Content-Type"]) == (first.content, first["Content-Type"])
    assert first.json()["created"] is True
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert Subscription.objects.count() == 1
    # A key of its own is another call, and says how things stand now.
    other = program.post("actions/subscribe-to-sequence/", body, key="k-2")
    assert (other.status_code, other.json()["reason"]) == (200, "already_active")


def test_the_answer_to_a_call_with_a_key_is_the_one_without(program: Program) -> None:
    asked = {"steps": [{"delay": {"unit": "immediately"}}], "subscribed_at": "2026-11-27T18:00:00Z"}
    plain, keyed = program.post("preview/", asked), program.post("preview/", asked, key="k")
    assert (keyed.status_code, keyed.content) == (plain.status_code, plain.content)


@pytest.mark.parametrize("path", ["sequences/", "sub-flows/", "contacts/", "interactions/"])
def test_every_post_takes_a_key(program: Program, workspace: Workspace, path: str) -> None:
    channel = a_channel(workspace).public_id
    person = {"channel": channel, "address": "ann"}
    bodies = {
        "sequences/": {"name": "Welcome"},
        "sub-flows/": {"name": "Hello", "blocks": [{"type": "text", "text": "Hello"}]},
        "contacts/": {**person, "tags": ["x"]},
        "interactions/": {"contact": person, "kind": "message"},
    }
    first, again = (program.post(path, bodies[path], key="k") for _ in range(2))
    assert first.status_code in {200, 201}, first.content
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_the_order_of_names_in_the_body_is_no_difference(program: Program) -> None:
    first = program.post("sequences/", {"name": "Welcome", "reentry": False}, key="k")
    again = program.post("sequences/", {"reentry": False, "name": "Welcome"}, key="k")
    assert again.content == first.content


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sequences/", {"name": "Another"}),
        # The same body means another call at another address.
        ("sub-flows/", {"name": "Welcome"}),
    ],
)
def test_a_key_that_was_used_for_something_else_is_refused(program: Program, path: str, body: dict[str, str]) -> None:
    assert program.post("sequences/", {"name": "Welcome"}, key="k").status_code == 201
    assert program.refused(program.post(path, body, key="k")) == [("Idempotency-Key", "idempotency_key_reused")]


def test_what_was_refused_had_no_effect_and_may_be_sent_again_put_right(program: Program) -> None:
    assert program.refused(program.post("sequences/", {"name": ""}, key="k"))
    assert not KeptAnswer.objects.exists()
    assert program.post("sequences/", {"name": "Welcome"}, key="k").status_code == 201


def test_a_call_that_fails_on_our_side_leaves_neither_effect_nor_answer(
    program: Program, body: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    program.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(KeptAnswer.objects, "update_or_create", break_down)
        assert program.post("actions/subscribe-to-sequence/", body, key="k").status_code == 500
    assert not Subscription.objects.exists()
    assert not Contact.objects.exists()
    assert program.post("actions/subscribe-to-sequence/", body, key="k").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
def test_what_is_no_key_is_refused_by_its_name(program: Program, key: str) -> None:
    assert program.refused(program.post("sequences/", {"name": "Welcome"}, key=key)) == [
        ("Idempotency-Key", "invalid_format")
    ]


def test_two_workspaces_may_use_the_same_key(program: Program) -> None:
    other = Program(a_workspace())
    answers = [one.post("sequences/", {"name": "Welcome"}, key="k") for one in (program, other)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert json.loads(answers[0].content)["id"] != json.loads(answers[1].content)["id"]


def test_an_answer_needs_the_scope_of_its_call(workspace: Workspace, program: Program) -> None:
    assert program.post("sequences/", {"name": "Welcome"}, key="k").status_code == 201
    assert Program(workspace, ("actions",)).post("sequences/", {"name": "Welcome"}, key="k").status_code == 403


def test_answers_are_kept_for_72_hours(program: Program) -> None:
    program.post("sequences/", {"name": "Welcome"}, key="k")
    now = timezone.now()
    assert forget_kept_answers(now=now + KEPT_FOR - timedelta(minutes=1)) == 0
    KeptAnswer.objects.update(kept_at=now - KEPT_FOR)
    # Nobody has to have tidied up: what is too old is not given any more.
    assert program.post("sequences/", {"name": "Another"}, key="k").status_code == 201
    assert forget_kept_answers(now=now + KEPT_FOR + timedelta(minutes=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_call_runs_the_second_is_told_so_or_waits(program: Program, workspace: Workspace) -> None:
    """PostgreSQL tells it; on SQLite the one writer makes it wait, and it gets the first one's answer."""
    has_begun, may_end = Event(), Event()

    def slow() -> Answer:
        has_begun.set()
        may_end.wait(20)
        return Answer(201, "{}")

    def first() -> Answer:
        try:
            return answer_once(workspace, "k", "f", slow, now=timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=2) as pool:
        running = pool.submit(first)
        assert has_begun.wait(20)
        second = pool.submit(answered_or_code, workspace)
        if connection.vendor == "postgresql":
            assert second.result(20) == "idempotency_key_in_use"
        may_end.set()
        assert running.result(20) == Answer(201, "{}")
        if connection.vendor != "postgresql":
            assert second.result(20) == Answer(201, "{}", is_repeated=True)


def answered_or_code(workspace: Workspace) -> Answer | str:
    try:
        return answer_once(workspace, "k", "f", lambda: Answer(500, "worked twice"), now=timezone.now())
    except Conflict as conflict:
        return conflict.code
    finally:
        connections.close_all()
