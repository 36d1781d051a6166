"""Credentials go in and never come out: canaries planted as such show up in no log, page, row, error or answer."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter

from channels.actions.check_connection import check_connection
from channels.actions.refresh_templates import refresh_templates
from channels.errors import ChannelError
from channels.models import Channel
from channels.notices import tell_owners
from channels.tasks import read_profiles
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role
from tests.actions.cast import enter
from tests.builders import a_channel, a_contact, a_sequence
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_events import PAGE_ID
from tests.engine import Clock, Engine
from tests.isolation.test_admin_walk import admin_places
from tests.isolation.walk import places
from tests.isolation.world import Business, a_business

pytestmark = pytest.mark.django_db(transaction=True)

CANARIES = {
    "page_id": PAGE_ID,
    "page_access_token": "canary-token-4711",
    "app_secret": "canary-secret-4711",
    "verify_token": "canary-verify-4711",
}
CANARY = "canary"


@pytest.fixture
def mine() -> Business:
    return a_business("MINE", numbered_from=3_000_000)


@pytest.fixture
def graph() -> Iterator[GraphDouble]:
    """A provider that says our own secrets to our face, wherever there is room for words."""
    with GraphDouble() as double:
        double.rules.knows_everybody = True
        double.fault("error", status=400, error=a_gossip(), times=3)
        yield double


def a_gossip() -> dict[str, Any]:
    words = f"Bad token {CANARIES['page_access_token']} for secret {CANARIES['app_secret']}"
    return {"message": words, "type": words, "code": 190, "error_user_msg": words, "error_user_title": words}


def owner_of(business: Business) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(business.people[Role.OWNER])
    return client


def live_through_everything(mine: Business, graph: GraphDouble) -> Channel:
    """The channel is made by form and by API, tested, read, sent through, refused, paused, and its owners told."""
    client, clock = owner_of(mine), Clock()
    form = {"name": "By form", "settings_base_url": graph.base_url}
    form |= {f"credentials_{name}": value for name, value in CANARIES.items()}
    made = client.post("/admin/channels/channel/add/?kind=messenger", form)
    assert made.status_code == 302
    page: Channel = Channel.objects.get(name="By form")
    for name in ("channels_channel_test", "channels_channel_templates"):
        assert CANARY not in client.post(reverse(f"admin:{name}", args=[page.pk]), follow=True).content.decode()
    check_connection(page, now=clock(), actor=SYSTEM)
    graph.rules.expired_tokens.add(CANARIES["page_access_token"])
    with pytest.raises(ChannelError, match="190"):
        refresh_templates(page, now=clock(), actor=SYSTEM)
    ann = a_contact(page, "ann", last_interaction_at=clock())
    read_profiles([ann.pk])
    enter(a_sequence(mine.workspace), ann, now=clock())
    engine = Engine(clock)
    engine.settle()
    engine.close()
    page.refresh_from_db()
    assert page.paused_because == "credentials_refused"
    tell_owners(now=clock())
    return page


@pytest.mark.once("sqlite")
def test_no_page_row_log_or_mail_shows_one(
    mine: Business, graph: GraphDouble, caplog: pytest.LogCaptureFixture, mailoutbox: list[Any]
) -> None:
    with caplog.at_level(logging.DEBUG):
        page = live_through_everything(mine, graph)
        numbers = {*mine.numbers(), str(page.pk)}
        client, seen = owner_of(mine), 0
        for place in admin_places():
            for address in place.addresses(numbers):
                for response in (client.get(address), client.post(address, {})):
                    body = b"".join(getattr(response, "streaming_content", None) or [response.content])
                    assert CANARY.encode() not in body, address
                    seen += response.status_code == 200
    assert seen > 100
    assert mailoutbox
    assert not [mail for mail in mailoutbox if CANARY in f"{mail.subject} {mail.body}"]
    assert not [record for record in caplog.records if CANARY in f"{record.getMessage()} {record.__dict__}"]
    rows = [row for model in apps.get_models() for row in model._default_manager.values()]
    assert len(rows) > 30
    assert not [row for row in rows if CANARY in str(row)]


@pytest.mark.once("postgresql")
def test_no_answer_of_the_api_shows_one(mine: Business, graph: GraphDouble) -> None:
    page = live_through_everything(mine, graph)
    client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {mine.key}"})
    body = {"kind": "messenger", "name": "By API", "credentials": CANARIES, "settings": {"base_url": graph.base_url}}
    answers = [client.post("/api/v1/channels/", body, content_type="application/json")]
    assert answers[0].status_code == 201
    wrong = {**body, "credentials": {**CANARIES, "canary": 7, "app_secret": ["canary"]}}
    answers.append(client.post("/api/v1/channels/", wrong, content_type="application/json"))
    address = f"/api/v1/channels/{page.public_id}/"
    answers.append(client.patch(address, {"credentials": CANARIES}, content_type="application/json"))
    ids = {*mine.public_ids().values(), page.public_id}
    answers += [client.get(one) for place in places("/api/") for one in place.addresses(ids)]
    assert sum(answer.status_code == 200 for answer in answers) > 10
    for answer in answers:
        text = answer.content.decode()
        # The name of a field that somebody made up comes back, as it must; no value does.
        assert CANARY not in text.replace("credentials.canary", ""), answer.request["PATH_INFO"]


def test_a_form_that_is_refused_gives_nothing_back(mine: Business) -> None:
    form = {"name": "", "settings_base_url": "nonsense"}
    form |= {f"credentials_{name}": value for name, value in CANARIES.items()}
    refused = owner_of(mine).post("/admin/channels/channel/add/?kind=messenger", form)
    assert refused.status_code == 200
    assert CANARY not in refused.content.decode()


@pytest.mark.parametrize("is_debug", [False, True])
def test_a_report_of_an_exception_shows_none(
    mine: Business, graph: GraphDouble, settings: Any, monkeypatch: pytest.MonkeyPatch, is_debug: bool
) -> None:
    """Something of ours breaks with the credentials in every hand: what a report may show is where."""
    settings.DEBUG = is_debug
    page = a_channel(mine.workspace, "messenger", CANARIES, settings={"base_url": graph.base_url})

    def stumble(*args: Any) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("channels.transports.http_line.Line.aim", stumble)
    form = {f"credentials_{name}": value for name, value in CANARIES.items()}
    request = RequestFactory().post("/admin/channels/channel/1/change/", form)
    try:
        secret, credentials = CANARIES["app_secret"], dict(CANARIES)
        check_connection(page, now=Clock()(), actor=SYSTEM)
    except RuntimeError:
        reporter = ExceptionReporter(request, *sys.exc_info())
        reports = [reporter.get_traceback_html(), reporter.get_traceback_text()]
    assert secret in credentials.values()
    for report in reports:
        assert "a mistake of ours" in report
        # The lines of this very file are source, not values.
        assert not [value for value in CANARIES.values() if CANARY in value and f"'{value}'" in report]
        assert "canary-token-4711" not in report.replace('"page_access_token": "canary-token-4711"', "")
