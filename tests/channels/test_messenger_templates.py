"""A Page's utility templates: how Meta's list reads, what is stored of it, and what a webhook changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.actions.refresh_templates import refresh_templates
from channels.backends import backend_for
from channels.backends.questions import TemplatePage, TemplateState
from channels.content import Place, Slot, Template
from channels.errors import ChannelError, ChannelMisconfigured, ChannelTrouble
from channels.messages import Account, Answer, Outgoing, Recipient, Route
from channels.models import Channel, MessageTemplate
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent
from tests.actions.cast import a_page
from tests.actions.conftest import clock, graph
from tests.builders import a_workspace
from tests.channels.calling_webhooks import a_webhook_page, post
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_events import post_of_changes, template_judged

__all__ = ["clock", "graph"]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
messenger = backend_for("messenger")
BODY = Slot(Place.BODY)


def read(answer: dict[str, Any]) -> TemplatePage:
    ask = messenger.templates(Account({"page_id": "100", "page_access_token": "t"}))
    assert ask is not None
    return ask.parse(Answer(200, body=json.dumps(answer).encode()))


def components(body: str, *more: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "BODY", "text": body}, *more]


@pytest.mark.parametrize(
    ("told", "state", "slots"),
    [
        # The short form of Meta's page, which names no status: what is listed can be sent.
        ({"body": "Order #{{1}}", "body_params": ["566701"]}, "approved", [BODY]),
        ({"components": components("No parameters"), "status": "APPROVED"}, "approved", []),
        # Counted by their numbers, not by where they stand; each once.
        ({"components": components("{{2}}, {{1}} and {{2}}"), "status": "approved"}, "approved", [BODY, BODY]),
        (
            {"components": components("{{name}} at {{shop}}, {{name}}!"), "status": "PENDING"},
            "pending",
            [Slot(Place.BODY, "name"), Slot(Place.BODY, "shop")],
        ),
        (
            {"components": components("{{1}}", {"type": "HEADER", "format": "TEXT", "text": "{{1}} news"})},
            "approved",
            [Slot(Place.HEADER), BODY],
        ),
        (
            {
                "status": "PAUSED",
                "components": components(
                    "Hi",
                    {
                        "type": "BUTTONS",
                        "buttons": [
                            {"type": "POSTBACK", "text": "Track", "payload": "order_{{1}}"},
                            {"type": "URL", "text": "Look", "url": "https://e.com/{{1}}"},
                            {"type": "URL", "text": "Home", "url": "https://e.com/"},
                        ],
                    },
                ),
            },
            "paused",
            [Slot(Place.POSTBACK_BUTTON, "0"), Slot(Place.URL_BUTTON, "1")],
        ),
        ({"status": "REJECTED"}, "rejected", []),
        ({"status": "IN_APPEAL"}, "pending", []),
        ({"status": "DISABLED"}, "disabled", []),
        ({"status": "A_NEW_WORD"}, "disabled", []),  # what we do not know is not sent
        ({"status": 7, "components": "x", "body": None}, "disabled", []),
    ],
)
def test_a_listed_template_reads_with_its_state_and_parameters(
    told: dict[str, Any], state: str, slots: list[Slot]
) -> None:
    [template] = read({"data": [{"name": "n", "language": "en", "id": "1", **told}]}).templates
    assert (template.state, list(template.slots)) == (TemplateState(state), slots)


def test_what_has_no_name_is_passed_over_and_a_list_must_be_one() -> None:
    rows = [None, 1, {}, {"name": "x" * 600, "language": "en"}, {"name": "n", "language": ""}, {"name": ["n"]}]
    assert read({"data": rows}).templates == ()
    with pytest.raises(ChannelTrouble):
        read({"data": "x"})


@pytest.mark.parametrize(
    ("paging", "after"),
    [
        ({"cursors": {"after": "abc"}, "next": "https://evil.example/"}, "abc"),
        ({"cursors": {"after": "abc"}}, ""),  # the last page has a cursor, and nothing behind it
        ({"cursors": {"after": "a b\n"}, "next": "x"}, ""),
        ({"next": "x"}, ""),
        (None, ""),
        ("x", ""),
    ],
)
def test_a_cursor_is_followed_only_where_more_is_said_to_come(paging: Any, after: str) -> None:
    assert read({"data": [], "paging": paging}).after == after


def test_the_question_goes_to_the_page_and_proves_itself() -> None:
    ask = messenger.templates(Account({"page_id": "1/0", "page_access_token": "t k", "app_secret": "s"}), "c&d")
    assert ask is not None
    address, _, query = ask.call.url.partition("?")
    assert address == "https://graph.facebook.com/v25.0/1%2F0/message_templates"
    assert "access_token=t+k&appsecret_proof=" in query
    assert query.endswith("limit=100&after=c%26d")


def test_each_parameter_travels_to_its_place() -> None:
    slots = (
        Slot(Place.HEADER),
        Slot(Place.BODY, "order"),
        Slot(Place.BODY, "day"),
        Slot(Place.POSTBACK_BUTTON),
        Slot(Place.URL_BUTTON),
    )
    template = Template("n", "fr", ("News", "7", "Monday", "TRACK", "u/7"), slots)
    message = Outgoing(template, key="1.0", route=Route.UTILITY_TEMPLATE)
    call = messenger.build(message, Recipient("ann"), Account({"page_access_token": "t"}))
    body = json.loads(getattr(call, "body", b""))
    assert (body["messaging_type"], "tag" in body) == ("UTILITY", False)
    assert body["message"]["template"] == {
        "name": "n",
        "language": {"code": "fr"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "News"}]},
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "order", "text": "7"},
                    {"type": "text", "parameter_name": "day", "text": "Monday"},
                ],
            },
            {
                "type": "buttons",
                "parameters": [{"type": "POSTBACK", "payload": "TRACK"}, {"type": "URL", "url": "u/7"}],
            },
        ],
    }


def test_parameters_that_do_not_fit_never_become_a_request() -> None:
    template = Template("n", "fr", ("a",), (BODY, BODY))
    assert messenger.problems(template) == ["template_parameters:2"]


@pytest.mark.django_db
class TestTheStoredList:
    @pytest.fixture
    def page(self, graph: GraphDouble) -> Channel:
        return a_page(graph, a_workspace())

    def states(self, page: Channel) -> dict[str, str]:
        return dict(MessageTemplate.objects.filter(channel=page).order_by("name").values_list("name", "status"))

    def test_it_comes_page_by_page_whole(self, page: Channel, graph: GraphDouble) -> None:
        graph.rules.templates.page_size = 3
        for number in range(7):
            graph.template(f"t{number}", body="x")
        assert refresh_templates(page, now=NOW, actor=SYSTEM) == 7
        assert len(graph.questions) == 3
        assert len(self.states(page)) == 7
        assert Channel.objects.get(pk=page.pk).templates_read_at == NOW

    def test_a_later_reading_brings_news_and_takes_away_what_is_gone(self, page: Channel, graph: GraphDouble) -> None:
        graph.template("stays", body="old")
        graph.template("goes", body="x")
        refresh_templates(page, now=NOW, actor=SYSTEM)
        [kept] = MessageTemplate.objects.filter(name="stays")
        graph.template("stays", status="REJECTED", body="new {{1}}")
        graph.rules.templates.forget("goes")
        refresh_templates(page, now=NOW + SECOND, actor=SYSTEM)
        assert self.states(page) == {"stays": "rejected"}
        kept.refresh_from_db()
        assert (kept.body, kept.slots) == ("new {{1}}", [["body", ""]])

    @pytest.mark.parametrize(("fault", "error"), [("refuse", ChannelError), ("token", ChannelMisconfigured)])
    def test_a_list_that_does_not_come_changes_nothing(
        self, page: Channel, graph: GraphDouble, fault: str, error: type[ChannelError]
    ) -> None:
        graph.template("stays", body="x")
        refresh_templates(page, now=NOW, actor=SYSTEM)
        if fault == "refuse":
            graph.fault("refuse")
        else:
            graph.rules.tokens = {"another"}
        with pytest.raises(error):
            refresh_templates(page, now=NOW + SECOND, actor=SYSTEM)
        assert self.states(page) == {"stays": "approved"}
        assert Channel.objects.get(pk=page.pk).templates_read_at == NOW

    def test_a_provider_that_turns_in_circles_is_left(self, page: Channel) -> None:
        asked: list[object] = []

        def always_the_same(ask: object) -> TemplatePage:
            asked.append(ask)
            return TemplatePage((), "again")

        assert refresh_templates(page, now=NOW, actor=SYSTEM, ask=always_the_same) == 0
        assert len(asked) == 2

    def test_the_same_name_on_two_pages_is_two_templates(self, page: Channel, graph: GraphDouble) -> None:
        graph.template("both", body="x")
        other = a_page(graph, page.workspace)
        for one in (page, other):
            refresh_templates(one, now=NOW, actor=SYSTEM)
        assert MessageTemplate.objects.filter(name="both").count() == 2


@pytest.mark.django_db
class TestAWebhookOnATemplate:
    @pytest.fixture
    def page(self) -> Channel:
        page = a_webhook_page()
        Channel.objects.filter(pk=page.pk).update(templates_read_at=NOW - timedelta(hours=1))
        MessageTemplate.objects.create(
            workspace=page.workspace, channel=page, name="n", language="en", status="pending", status_at=NOW, slots=[]
        )
        return page

    def tell(self, page: Channel, *changes: dict[str, Any]) -> None:
        assert post(page, post_of_changes(*changes)) == 200

    def template(self, name: str = "n") -> MessageTemplate:
        found: MessageTemplate = MessageTemplate.objects.get(name=name)
        return found

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("APPROVED", "approved"),
            ("REJECTED", "rejected"),
            ("PAUSED", "paused"),
            ("DISABLED", "disabled"),
            ("PENDING_DELETION", "disabled"),
            ("FLAGGED", "pending"),  # a warning changes nothing yet
            ("A_NEW_WORD", "pending"),
        ],
    )
    def test_its_word_is_the_templates_state(self, page: Channel, word: str, status: str) -> None:
        self.tell(page, template_judged("n", "en", word, NOW + SECOND, "ABUSIVE_CONTENT"))
        assert self.template().status == status
        assert self.template().status_reason == ("" if status == "pending" else "ABUSIVE_CONTENT")

    def test_an_older_word_never_wins_and_a_repeated_one_counts_once(self, page: Channel) -> None:
        approved, rejected = (
            template_judged("n", "en", "APPROVED", NOW + 2 * SECOND),
            template_judged("n", "en", "REJECTED", NOW + SECOND),
        )
        for change in (approved, rejected, approved, rejected):
            self.tell(page, change)
        assert self.template().status == "approved"
        assert AuditEvent.objects.filter(verb="template_notice").count() == 1

    def test_a_template_that_is_new_to_us_is_kept_until_its_text_is_read(self, page: Channel) -> None:
        self.tell(page, template_judged("new", "fr", "APPROVED", NOW))
        assert (self.template("new").status, self.template("new").slots) == ("approved", None)

    def test_a_channel_that_never_read_its_list_keeps_none(self) -> None:
        page = a_webhook_page()
        self.tell(page, template_judged("n", "en", "APPROVED", NOW))
        assert not MessageTemplate.objects.exists()

    @pytest.mark.parametrize(
        "broken",
        [
            {"value": None},
            {"value": {"event": "APPROVED"}},
            {"value": {"event": 1, "message_template_name": "n", "message_template_language": "en"}},
            {"field": "feed"},
            {"value": {"event": "APPROVED", "message_template_name": "\x00", "message_template_language": "en"}},
        ],
    )
    def test_what_cannot_be_read_is_passed_over(self, page: Channel, broken: dict[str, Any]) -> None:
        self.tell(page, {**template_judged("n", "en", "APPROVED", NOW + SECOND), **broken})
        assert self.template().status == "pending"

    def test_a_reading_begun_before_it_does_not_undo_it(self, page: Channel, graph: GraphDouble) -> None:
        """Meta's list may still be the old one."""
        graph.template("n", status="PENDING", body="x")
        self.tell(page, template_judged("n", "en", "APPROVED", NOW + 2 * SECOND))
        settings = {"base_url": graph.base_url}
        Channel.objects.filter(pk=page.pk).update(settings=settings)
        refresh_templates(Channel.objects.get(pk=page.pk), now=NOW + SECOND, actor=SYSTEM)
        assert self.template().status == "approved"
