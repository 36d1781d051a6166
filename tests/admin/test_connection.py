"""The page of a Messenger channel: where Meta calls, what is stored, and a test that says what is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from channels.actions.check_connection import Verdict
from channels.admin.connection import SAYS
from channels.models import Channel, ProfileHint
from sequencer.workspaces.models import AuditEvent, Role
from tests.admin.conftest import Shop
from tests.builders import a_channel
from tests.doubles.graph import GraphDouble

SECRETS = {
    "page_id": "100",
    "page_access_token": "canary-token",
    "app_secret": "canary-secret",
    "verify_token": "canary-verify",
}


@pytest.fixture
def graph() -> Iterator[GraphDouble]:
    with GraphDouble() as double:
        double.rules.app_secret = SECRETS["app_secret"]
        double.rules.tokens = {SECRETS["page_access_token"]}
        yield double


@pytest.fixture
def page(shop: Shop, graph: GraphDouble) -> Channel:
    return a_page(shop, graph)


def a_page(shop: Shop, graph: GraphDouble, **other: str) -> Channel:
    settings = {"base_url": graph.base_url}
    return a_channel(shop.workspace, "messenger", {**SECRETS, **other}, settings=settings)


def change_page(channel: Channel) -> str:
    return reverse("admin:channels_channel_change", args=[channel.pk])


def press_test(shop: Shop, channel: Channel) -> str:
    """What the owner reads after pressing the button."""
    shown = shop.as_(Role.OWNER).post(reverse("admin:channels_channel_test", args=[channel.pk]), follow=True)
    assert "canary" not in shown.content.decode()
    assert "canary" not in str(list(AuditEvent.objects.values_list("changes", "object_label")))
    [message] = get_messages(shown.wsgi_request) or shown.context["messages"]
    return str(message)


def begins(verdict: Verdict) -> str:
    """The sentence up to what is filled in."""
    return str(SAYS[verdict]).partition("%")[0]


def last_event() -> tuple[str, dict[str, object]]:
    event = AuditEvent.objects.latest("id")
    return event.verb, event.changes


def test_good_credentials_are_named_with_the_page_that_they_open(shop: Shop, page: Channel):
    assert press_test(shop, page) == "It works: the token opens The Page (100)."
    assert last_event() == ("tested", {"is_connected": [None, True]})


def test_a_refused_token_is_said(shop: Shop, page: Channel, graph: GraphDouble):
    graph.rules.tokens = {"another"}
    assert press_test(shop, page).startswith("The token was refused (Messenger 190")
    assert last_event() == ("tested", {"is_connected": [None, False]})


def test_the_token_of_another_page_is_said(shop: Shop, graph: GraphDouble):
    said = press_test(shop, a_page(shop, graph, page_id="200"))
    assert said.startswith("The token works, but it is the token of The Page (100)")


def test_a_missing_permission_is_said(shop: Shop, page: Channel, graph: GraphDouble):
    graph.rules.page_error = 200
    assert press_test(shop, page).startswith("A permission is missing (Messenger 200")


def test_the_secret_of_another_app_is_said(shop: Shop, page: Channel, graph: GraphDouble):
    graph.rules.app_secret = "of another app"
    assert press_test(shop, page).startswith("The provider refused the question (Messenger 100")


def test_a_restricted_account_is_said(shop: Shop, page: Channel, graph: GraphDouble):
    graph.rules.page_error = 368
    assert press_test(shop, page).startswith("The provider restricted the account (Messenger 368")


def test_a_provider_that_is_down_is_said(shop: Shop, page: Channel, graph: GraphDouble):
    graph.fault("refuse")
    assert press_test(shop, page).startswith(begins(Verdict.UNREACHABLE))


@override_settings(ALLOW_PRIVATE_ADDRESSES=False, PRIVATE_NETWORKS=[])
def test_an_address_inside_is_refused_and_nothing_is_asked(shop: Shop, page: Channel, graph: GraphDouble):
    assert press_test(shop, page) == str(SAYS[Verdict.ADDRESS_FORBIDDEN])
    assert graph.questions == []


def test_missing_and_unreadable_credentials_are_said(shop: Shop, page: Channel, graph: GraphDouble):
    assert press_test(shop, a_page(shop, graph, app_secret="")) == str(SAYS[Verdict.CREDENTIALS_MISSING])
    Channel.objects.filter(pk=page.pk).update(credentials="gAAAA")
    assert press_test(shop, page) == str(SAYS[Verdict.CREDENTIALS_UNREADABLE])
    text = shop.as_(Role.OWNER).get(change_page(page)).content.decode()
    assert "cannot be read with the encryption keys" in text
    assert graph.questions == []


def test_a_sandbox_has_nothing_to_test(shop: Shop):
    assert press_test(shop, shop.sandbox) == str(SAYS[Verdict.NOTHING_TO_TEST])
    assert not AuditEvent.objects.filter(verb="tested").exists()
    assert "Test connection" not in shop.as_(Role.OWNER).get(change_page(shop.sandbox)).content.decode()


def test_the_test_is_the_owners_and_goes_by_post_with_a_token(shop: Shop, other: Shop, page: Channel):
    address = reverse("admin:channels_channel_test", args=[page.pk])
    assert shop.as_(Role.OWNER).get(address).status_code == 405
    assert shop.as_(Role.EDITOR).post(address).status_code == 404
    assert other.as_(Role.OWNER).post(address).status_code == 404
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(shop.owner)
    assert forged.post(address).status_code == 403
    assert not AuditEvent.objects.filter(verb="tested").exists()


@pytest.mark.parametrize(("public_url", "warns"), [("http://shop.example", True), ("https://shop.example/", False)])
def test_the_page_shows_the_webhook_and_warns_where_meta_would_not_call(
    shop: Shop, page: Channel, public_url: str, warns: bool
):
    with override_settings(PUBLIC_URL=public_url):
        text = shop.as_(Role.OWNER).get(change_page(page)).content.decode()
    assert f"{public_url.rstrip('/')}/webhooks/messenger/{page.public_id}/<" in text
    assert ("Providers call https addresses only" in text) is warns
    assert "Stored. It is the one that you typed below" in text
    assert "canary" not in text
    assert "webhooks/messenger" not in shop.as_(Role.EDITOR).get(change_page(page)).content.decode()


@pytest.mark.parametrize("hint", ProfileHint.values)
def test_the_page_says_what_meta_keeps_from_us(shop: Shop, page: Channel, hint: str):
    sentence = "their messages follow the workspace&#x27;s time zone"
    assert sentence not in shop.as_(Role.OWNER).get(change_page(page)).content.decode()
    Channel.objects.filter(pk=page.pk).update(profile_hint=hint)
    assert sentence in shop.as_(Role.OWNER).get(change_page(page)).content.decode()


def test_the_guide_has_six_steps_also_before_the_channel_is_stored(shop: Shop, page: Channel):
    for address in (change_page(page), "/admin/channels/channel/add/?kind=messenger"):
        guide = shop.as_(Role.OWNER).get(address).content.decode().partition('<details class="guide"')[2]
        assert guide.partition("</details>")[0].count("<li>") == 6
    assert 'class="guide"' not in shop.as_(Role.OWNER).get(change_page(shop.sandbox)).content.decode()


def test_only_what_is_stored_is_said_to_be(shop: Shop):
    bot = a_channel(shop.workspace, "telegram", {"bot_token": "1:a"})
    form = shop.as_(Role.OWNER).get(change_page(bot)).context["adminform"].form
    said = {name: str(form.fields[f"credentials_{name}"].help_text) for name in ("bot_token", "secret_token")}
    assert said == {"bot_token": "Stored. Leave empty to keep it.", "secret_token": "Only where you use it."}


def test_what_follows_after_24_hours_is_explained_beside_the_choice(shop: Shop, page: Channel):
    text = shop.as_(Role.OWNER).get(change_page(page)).content.decode()
    assert "refused with code 100" in text
    assert "suspended or banned" in text
    assert "refused with code 100" not in shop.as_(Role.OWNER).get(change_page(shop.sandbox)).content.decode()


def test_the_page_of_a_channel_shows_its_id_for_the_api(shop: Shop):
    page = shop.as_(Role.EDITOR).get(reverse("admin:channels_channel_change", args=[shop.sandbox.pk]))
    assert f"<code>{shop.sandbox.public_id}</code>" in page.content.decode()
