"""Templates on the page of a channel and on the form of a sub-flow: read, shown, picked, and doubted aloud."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from channels.actions.refresh_templates import refresh_templates
from channels.models import Channel, MessageTemplate
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent, Role
from sequences.models import SubFlow
from tests.admin.conftest import Shop
from tests.admin.test_connection import SECRETS
from tests.admin.test_sub_flow_form import ADD, a_form
from tests.builders import a_channel, a_contact, a_sub_flow
from tests.doubles.graph import GraphDouble

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORDER = "Your order #{{1}} arrives on {{2}}."


@pytest.fixture
def graph() -> Iterator[GraphDouble]:
    with GraphDouble() as double:
        double.template("order_update", body=ORDER, header="{{1}} news")
        double.template("order_update", "fr", "PENDING", body="Commande {{1}}")
        double.template("named", body="Hello {{customer}}", parameter_format="NAMED")
        yield double


@pytest.fixture
def page(shop: Shop, graph: GraphDouble) -> Channel:
    return a_channel(shop.workspace, "messenger", SECRETS, name="My Page", settings={"base_url": graph.base_url})


@pytest.fixture
def read(page: Channel) -> Channel:
    """The Page, its templates read, and somebody on it."""
    a_contact(page)
    refresh_templates(page, now=NOW, actor=SYSTEM)
    return page


def press_refresh(shop: Shop, page: Channel, role: Role = Role.EDITOR) -> str:
    shown = shop.as_(role).post(reverse("admin:channels_channel_templates", args=[page.pk]), follow=True)
    assert "canary" not in shown.content.decode()
    return shown.content.decode()


def said_after(shop: Shop, **form: Any) -> list[str]:
    shown = shop.as_(Role.EDITOR).post(ADD, a_form({"text": "Hello"}, **form), follow=True)
    return [str(message) for message in shown.context["messages"]]


def bound() -> Any:
    return SubFlow.objects.get(name="Welcome").utility_template


def test_the_list_is_read_and_shown_with_its_states(shop: Shop, page: Channel) -> None:
    text = press_refresh(shop, page)
    assert "3 templates were read." in text
    assert "Your order #{{1}} arrives on {{2}}." in text
    assert text.count("is-approved") == 2
    assert "Waiting for approval" in text
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.changes) == ("templates_read", {"templates": [None, 3]})
    assert "Your order" in shop.as_(Role.VIEWER).get(_page(page)).content.decode()


def _page(page: Channel) -> str:
    return reverse("admin:channels_channel_change", args=[page.pk])


def test_viewers_strangers_and_links_refresh_nothing(
    shop: Shop, other: Shop, page: Channel, graph: GraphDouble
) -> None:
    address = reverse("admin:channels_channel_templates", args=[page.pk])
    assert shop.as_(Role.VIEWER).post(address).status_code == 404
    assert other.as_(Role.OWNER).post(address).status_code == 404
    assert shop.as_(Role.OWNER).get(address).status_code == 405
    sandbox = reverse("admin:channels_channel_templates", args=[shop.sandbox.pk])
    assert shop.as_(Role.OWNER).post(sandbox).status_code == 404
    assert graph.questions == []
    assert "Refresh templates" not in shop.as_(Role.VIEWER).get(_page(page)).content.decode()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda graph: graph.rules.tokens.add("another"), "The token was refused"),
        (lambda graph: setattr(graph.rules, "templates_error", 10), "needs pages_utility_messaging"),
        (lambda graph: graph.fault("refuse"), "No usable answer from the provider"),
    ],
    ids=["token", "permission", "down"],
)
def test_why_there_is_no_list_is_said_and_what_was_read_stays(
    shop: Shop, read: Channel, graph: GraphDouble, spoil: Any, sentence: str
) -> None:
    spoil(graph)
    assert sentence in press_refresh(shop, read)
    assert MessageTemplate.objects.count() == 3


def test_a_template_is_picked_and_its_parameters_filled(shop: Shop, read: Channel) -> None:
    form = {
        "utility_choice": "en|order_update",
        "utility_parameters": ["Good", "{{ fields.order }}", "{{ fields.day }}"],
    }
    assert said_after(shop, **form)[-1:] != []
    wanted = ["Good", "{{ fields.order }}", "{{ fields.day }}"]
    assert bound() == {"name": "order_update", "language": "en", "parameters": wanted}
    text = shop.as_(Role.EDITOR).get(_sub_flow_page()).content.decode()
    assert '<option value="en|order_update" selected>' in text
    for value in wanted:
        assert f'value="{value}"' in text


def _sub_flow_page() -> str:
    return reverse("admin:sequences_subflow_change", args=[SubFlow.objects.get(name="Welcome").pk])


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (["Good", "", "x"], "Parameter 2: This value is needed."),
        (["Good", "{{ password }}", "x"], "Parameter 2: There is no placeholder"),
        (["Good", "x", ""], "This template takes 3 parameters, not 2."),
        (["a", "b", "c", "d"], "This template takes 3 parameters, not 4."),
    ],
)
def test_a_wrong_parameter_is_named_and_nothing_typed_is_lost(
    shop: Shop, read: Channel, parameters: list[str], sentence: str
) -> None:
    form = a_form({"text": "Hello"}, utility_choice="en|order_update", utility_parameters=parameters)
    text = shop.as_(Role.EDITOR).post(ADD, form).content.decode()
    assert sentence in text
    for value in filter(None, parameters):
        assert f'value="{value}"' in text
    assert '<option value="en|order_update" selected>' in text
    assert not SubFlow.objects.filter(name="Welcome").exists()


def test_what_is_not_approved_may_be_bound_and_is_doubted_aloud(shop: Shop, read: Channel) -> None:
    said = said_after(shop, utility_choice="fr|order_update", utility_parameters=["1", "", ""])
    assert "After 24 hours it will not go out through “My Page”: the template waits for approval." in said
    assert bound()["language"] == "fr"
    text = shop.as_(Role.EDITOR).get(_sub_flow_page()).content.decode()
    assert "Until the provider approves it, nothing is sent after 24 hours." in text


def test_a_typed_name_that_the_page_does_not_have_is_doubted_aloud(shop: Shop, read: Channel) -> None:
    said = said_after(shop, utility_choice="typed", utility_name="nothing", utility_language="en")
    assert "After 24 hours it will not go out through “My Page”: it has no template of this name and language." in said
    assert bound() == {"name": "nothing", "language": "en", "parameters": []}


def test_what_is_typed_is_trusted_where_no_list_was_read(shop: Shop, page: Channel) -> None:
    text = shop.as_(Role.EDITOR).get(ADD).content.decode()
    assert "press Refresh templates" in text
    assert 'name="utility_choice"' not in text
    said = said_after(shop, utility_name="anything", utility_language="en", utility_parameters="a\n\nb\n")
    assert not [one for one in said if "After 24 hours" in one]
    assert bound()["parameters"] == ["a", "b"]


@pytest.mark.parametrize("stored", [{"name": "typed", "language": "de"}, {"name": "named", "language": "en"}])
def test_no_template_takes_the_bound_one_away(shop: Shop, read: Channel, stored: dict[str, str]) -> None:
    sub_flow = a_sub_flow(shop.workspace, name="Welcome", utility_template={**stored, "parameters": []})
    fields = {"utility_name": stored["name"] if stored["name"] == "typed" else "", "utility_language": ""}
    if fields["utility_name"]:
        fields["utility_language"] = stored["language"]
    form = a_form({"text": "Hello"}, utility_choice="", utility_parameters=["", "", ""], **fields)
    address = reverse("admin:sequences_subflow_change", args=[sub_flow.pk])
    assert shop.as_(Role.EDITOR).post(address, form).status_code == 302
    assert bound() is None


def test_templates_of_another_workspace_are_no_choice(shop: Shop, other: Shop, read: Channel) -> None:
    text = other.as_(Role.EDITOR).get(ADD).content.decode()
    assert "order_update" not in text
    form = a_form({"text": "Hello"}, utility_choice="en|order_update", utility_parameters=["a", "b", "c"])
    assert "Select a valid choice" in other.as_(Role.EDITOR).post(ADD, form).content.decode()
