"""Where pages say that a message goes, or went, to the same person on another channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from channels.actions.link_contacts import link_contacts
from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role
from sequences.admin.elsewhere_words import why_elsewhere
from sequences.admin.timeline_words import line_of
from sequences.models import Delivery, Step
from sequences.rules.fall_back import Elsewhere
from sequences.rules.routes import ReplyRule
from sequences.rules.steps import StepSettings
from sequences.rules.timeline import PlannedStep, timeline
from sequences.rules.timing import Schedule
from tests.admin.conftest import Shop
from tests.admin.test_sequence_form import a_card, a_form
from tests.builders import a_channel, a_contact

pytestmark = pytest.mark.once("sqlite")
CLOSED = ReplyRule(timedelta(hours=24))


@pytest.fixture
def there(shop: Shop) -> Contact:
    """Léa, who wrote long ago, on a webhook's channel too; her next message may go there."""
    there = a_contact(a_channel(shop.workspace, "webhook", name="The CRM"), "lea@crm")
    link_contacts(shop.lea, there, now=timezone.now(), actor=SYSTEM)
    Contact.objects.filter(pk=shop.lea.pk).update(last_interaction_at=timezone.now() - timedelta(days=9))
    Step.objects.filter(pk=shop.step.pk).update(fall_back_to="webhook")
    return there


def page_of(shop: Shop, name: str, *args: int) -> str:
    return shop.as_(Role.OWNER).get(reverse(f"admin:{name}", args=args)).content.decode()


def test_the_page_of_a_contact_says_where_the_next_message_goes(shop: Shop, there: Contact):
    page = page_of(shop, "channels_contact_change", shop.lea.pk)
    assert "goes by Webhook, because the 24-hour rule will forbid it here" in page
    assert "will not go" not in page


def test_the_ledger_and_the_past_say_where_it_went_and_why(shop: Shop, there: Contact):
    Delivery.objects.filter(pk=shop.delivery.pk).update(
        contact=there, channel=there.channel, state="sent", fell_back_because="reply_window_closed", reason=""
    )
    said = "Sent by The CRM because the 24-hour rule forbade it on the person&#x27;s own channel."
    assert said in page_of(shop, "sequences_delivery_changelist")
    assert said in page_of(shop, "sequences_delivery_change", shop.delivery.pk)
    for person in (shop.lea, there):
        assert said in page_of(shop, "channels_contact_change", person.pk)
    with translation.override("fr"):
        shown = why_elsewhere(Delivery.objects.get(pk=shop.delivery.pk))
    assert shown == "Envoyé par The CRM parce que la règle des 24 heures l’interdisait sur le canal de la personne."


def test_the_card_offers_the_kinds_of_the_workspaces_channels_and_keeps_the_order(shop: Shop, there: Contact):
    address = reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])
    page = shop.as_(Role.EDITOR).get(address).content.decode()
    assert "if it cannot reach them there, also try:" in page
    assert 'name="steps-0-fall_back_to" value="webhook" checked' in page
    assert 'name="steps-0-fall_back_to" value="sandbox"' in page
    card = a_card(0, id=shop.step.pk, sub_flow=shop.sub_flow.pk, fall_back_to=["sandbox", "webhook"])
    form = a_form(card, stored=1, name=shop.sequence.name)
    assert shop.as_(Role.EDITOR).post(address, form).status_code == 302
    assert Step.objects.get(pk=shop.step.pk).fall_back_to == "webhook,sandbox"


def test_a_workspace_with_one_kind_of_channel_is_offered_nothing(shop: Shop):
    assert "also try" not in page_of(shop, "sequences_sequence_change", shop.sequence.pk)


def test_the_timeline_of_the_form_says_where_it_would_go_and_why():
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    there = Elsewhere(7, "webhook", ReplyRule(None))
    step = PlannedStep(0, StepSettings(1, Schedule(timedelta()), fall_back_to=("webhook",)), CLOSED, (there,))
    [entry] = timeline([step], now, UTC)
    line = line_of(entry, step, "One", UTC, now=now)
    assert (line.kind, line.is_late, [badge.text for badge in line.badges]) == ("send", False, ["by Webhook"])
    assert line.why == "goes by Webhook, because the 24-hour rule will forbid it here"
    [gone] = timeline([step], now, UTC, is_contact_gone=True)
    assert "can no longer be reached here" in line_of(gone, step, "One", UTC, now=now).why
    alone = replace(step, others=())
    [skipped] = timeline([alone], now, UTC)
    assert line_of(skipped, alone, "One", UTC, now=now).kind == "skip"
