"""One id from the call to the log and the audit log; JSON lines for machines."""

from __future__ import annotations

import json
import logging
import logging.config
from typing import Any

import pytest
from django.test import Client

from sequencer.logs import logging_of, request_id
from sequencer.workspaces.models import AuditEvent
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_sequence, a_workspace


def test_a_callers_id_comes_back_and_anything_else_is_replaced() -> None:
    assert Client().get("/healthz", headers={"X-Request-Id": "call-17"})["X-Request-Id"] == "call-17"
    for odd in ("", "two words", "x" * 65, "<script>"):
        made = Client().get("/healthz", headers={"X-Request-Id": odd})["X-Request-Id"]
        assert len(made) == 32
        assert made != odd
    assert request_id.get() == ""


@pytest.mark.django_db
def test_the_audit_log_knows_the_id_of_the_call() -> None:
    workspace = a_workspace()
    contact, sequence = a_contact(a_channel(workspace)), a_sequence(workspace)
    body = {"sequence": str(sequence.public_id), "contact": {"id": str(contact.public_id)}}
    response = Program(workspace).post("actions/subscribe-to-sequence/", body)
    assert response.status_code == 201, response.content
    assert AuditEvent.objects.get(verb="subscribed").request_id == response["X-Request-Id"]


def test_a_json_line_holds_what_was_said_the_fields_and_the_id(capsys: pytest.CaptureFixture[str]) -> None:
    before: list[Any] = logging.root.handlers[:]
    token = request_id.set("call-17")
    try:
        logging.config.dictConfig(logging_of("json"))
        logging.getLogger("test").warning("said %s", "so", extra={"delivery": 5, "request": "all of it"})
    finally:
        request_id.reset(token)
        logging.root.handlers[:] = before
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "said so"
    assert (line["level"], line["logger"], line["delivery"], line["request_id"]) == ("WARNING", "test", 5, "call-17")
    assert "request" not in line
