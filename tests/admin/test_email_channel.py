"""The page of an e-mail channel, and the subject of what it sends."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from channels.ask import account_of
from channels.models import Channel
from sequencer.workspaces.models import Role
from sequences.models import SubFlow
from tests.admin.conftest import Shop
from tests.admin.test_sub_flow_form import ADD, a_form, page_of, saved, sent_again
from tests.builders import a_channel, a_sub_flow
from tests.doubles.smtp import PASSWORD, USER, SmtpDouble

pytestmark = pytest.mark.django_db
SETTINGS = {"service": "smtp", "sender": "news@shop.example", "host": "mail.example"}
TEXT = {"type": "text", "text": "Hello"}


def test_an_owner_connects_a_mail_server_and_presses_test(shop: Shop) -> None:
    owner, new = shop.as_(Role.OWNER), "/admin/channels/channel/add/?kind=email"
    assert "How to send e-mails" in owner.get(new).content.decode()
    with SmtpDouble(asks_login=True) as server:
        given = {f"settings_{name}": value for name, value in server.settings().items()}
        wrong = owner.post(new, {"name": "Mail", **given, "settings_sender": "news", "credentials_user": USER})
        assert wrong.status_code == 200
        assert "must look like news@example.com" in wrong.content.decode()
        form = {"name": "Mail", **given, "credentials_user": USER, "credentials_password": PASSWORD}
        assert owner.post(new, form).status_code == 302
        channel = Channel.objects.get(kind="email")
        assert account_of(channel).credentials == {"user": USER, "password": PASSWORD}
        shown = owner.post(reverse("admin:channels_channel_test", args=[channel.pk]), follow=True)
    *_, message = get_messages(shown.wsgi_request) or shown.context["messages"]
    assert str(message) == f"It works: 127.0.0.1 lets us in ({USER})."
    assert PASSWORD not in shown.content.decode()


def test_a_sub_flow_has_a_subject_where_somebody_sends_e_mails(shop: Shop) -> None:
    assert 'name="subject"' not in shop.as_(Role.EDITOR).get(ADD).content.decode()
    a_channel(shop.workspace, "email", settings=SETTINGS)
    assert 'name="subject"' in shop.as_(Role.EDITOR).get(ADD).content.decode()
    assert saved(shop, a_form(TEXT, subject="Hi {{ first_name }}")).status_code == 302
    flow = SubFlow.objects.get(name="Welcome")
    assert flow.subject == "Hi {{ first_name }}"
    assert sent_again(shop, flow)["subject"] == flow.subject
    refused = saved(shop, a_form(TEXT, name="Other", subject="Hi {{ shoe_size }}"))
    assert "There is no placeholder" in refused.content.decode()


def test_a_subject_stays_where_nobody_is_asked_for_it_any_more(shop: Shop) -> None:
    flow = a_sub_flow(shop.workspace, name="Old", subject="Hi")
    assert saved(shop, {**sent_again(shop, flow), "name": "New"}, page_of(flow)).status_code == 302
    flow.refresh_from_db()
    assert (flow.name, flow.subject) == ("New", "Hi")


def test_the_phone_shows_the_subject_of_an_e_mail_and_of_nothing_else(shop: Shop) -> None:
    a_channel(shop.workspace, "email", settings=SETTINGS)
    draft = reverse("admin:sequences_subflow_draft")
    form = a_form(TEXT, subject="<b> for {{ first_name }}", preview_kind="email")
    shown = shop.as_(Role.EDITOR).post(draft, form).json()["phone"]
    assert '<p class="phone-subject" dir="auto">&lt;b&gt; for Léa</p>' in shown
    assert "phone-subject" not in shop.as_(Role.EDITOR).post(draft, {**form, "preview_kind": "sandbox"}).json()["phone"]
    button = {"type": "buttons", "text": "Well?", "taps": [{"label": "Yes", "payload": "yes"}]}
    answered = shop.as_(Role.EDITOR).post(draft, a_form(button, preview_kind="email")).json()["phone"]
    assert "a button can only open a web address here" in answered
