"""Before anything is saved the form says what would happen: to one person, to today's audience, to those inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sequencer.workspaces.models import Role
from sequences.models import Sequence, Step, SubFlow, Subscription
from tests.admin.conftest import NOW, Shop
from tests.admin.test_scale import crowd_into
from tests.admin.test_sequence_form import ADD, a_card, a_form
from tests.builders import a_channel, a_contact, a_sequence, a_step, a_sub_flow
from tests.page_queries import Opened

pytestmark = pytest.mark.django_db

FORESEE_NEW = "/admin/sequences/sequence/foresee/"


def page_of(sequence: Sequence) -> str:
    return reverse("admin:sequences_sequence_change", args=[sequence.pk])


def rehearse(sequence: Sequence) -> str:
    return reverse("admin:sequences_sequence_foresee", args=[sequence.pk])


def supposing(form: dict[str, Any], **values: str) -> dict[str, Any]:
    """The same form with other choices in the panel beside it."""
    return form | {f"who-{name}": value for name, value in values.items()}


def asked(shop: Shop, form: dict[str, Any], address: str = FORESEE_NEW, role: Role = Role.EDITOR) -> dict[str, Any]:
    response = shop.as_(role).post(address, form)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def stored_cards(sequence: Sequence) -> list[dict[str, Any]]:
    """What the browser sends for messages that nobody has touched."""
    return [
        a_card(
            index,
            id=step.pk,
            is_added="",
            sub_flow=step.sub_flow_id,
            delay_amount=str(step.delay_amount),
            delay_unit=step.delay_unit,
            sending="any_time",
            days=list("0123456"),
        )
        for index, step in enumerate(sequence.steps.in_use().in_order())
    ]


def a_week_away(shop: Shop) -> datetime:
    """Ann's message goes in a week; nothing of it is due."""
    Step.objects.filter(pk=shop.step.pk).update(delay_amount=1, delay_unit="weeks")
    now = timezone.now()
    Subscription.objects.filter(sequence=shop.sequence).update(
        countdown_started_at=now, next_send_at=now + timedelta(weeks=1)
    )
    return now


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "1969-12-31T12:00", "2200-01-02T00:00"])
def test_a_moment_at_the_edge_of_the_calendar_is_refused_beside_the_timeline(shop: Shop, at: str):
    card = a_card(0, sub_flow=shop.sub_flow.pk)
    for wrote in ("20", ""):
        answer = asked(shop, supposing(a_form(card), subscribed="at", at=at, wrote=wrote))
        assert "Choose a moment between 1970 and 2200." in answer["timeline"]


def test_the_timeline_is_that_of_the_messages_as_they_stand_on_the_page_and_nothing_is_stored(shop: Shop):
    card = a_card(0, sub_flow=shop.sub_flow.pk, name="Cart reminder")
    form = supposing(a_form(card), subscribed="at", at="2026-11-27T17:10", wrote="20")
    timeline = asked(shop, form)["timeline"]
    # Friday 19:10 is outside 09:00-18:00 and the weekend is closed: the article's own example, on Paris's clock.
    assert "Fri 27 Nov 17:10" in timeline
    assert "Mon 30 Nov 09:00" in timeline
    assert "held 61 h 50" in timeline
    assert "ready Fri 27 Nov 19:10, outside 09:00–18:00, then days on which it may not go" in timeline
    assert "1 Cart reminder" in timeline
    assert "skipped" in timeline
    assert "more than 24 hours after their last message (64 h 10)" in timeline
    assert "the workspace&#x27;s zone" in timeline
    assert not Sequence.objects.exclude(pk=shop.sequence.pk).exists()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"wrote": "never"}, "they never wrote"),
        ({"wrote": "0", "subscribed": "at", "at": "2026-11-25T10:00"}, "Wed 25 Nov 12:00"),
        ({"zone": "Asia/Tokyo", "subscribed": "at", "at": "2026-11-25T10:00"}, "Wed 25 Nov 18:00"),
        ({"zone": "workspace"}, "the workspace&#x27;s zone"),
        ({"subscribed": "at", "at": "nonsense"}, "is subscribed"),
        ({"contact": "999999999999999999999999", "wrote": "what"}, "is subscribed"),
    ],
)
def test_whoever_is_supposed_has_a_timeline(shop: Shop, values: dict[str, str], expected: str):
    assert expected in asked(shop, supposing(a_form(a_card(0, sub_flow=shop.sub_flow.pk)), **values))["timeline"]


def test_a_real_contact_is_found_by_name_and_read_on_their_own_clock(shop: Shop, other: Shop):
    mia = a_contact(shop.sandbox, first_name="Mia", last_name="Tanaka", time_zone="Asia/Tokyo")
    found = shop.as_(Role.VIEWER).get("/admin/sequences/sequence/who/?q=tan mi").json()["people"]
    assert [one["id"] for one in found] == [str(mia.pk)]
    assert shop.as_(Role.VIEWER).get("/admin/sequences/sequence/who/?q=Zacharias").json()["people"] == []
    form = supposing(a_form(a_card(0, sub_flow=shop.sub_flow.pk)), contact=str(mia.pk))
    assert "Asia/Tokyo, the person&#x27;s own zone" in asked(shop, form)["timeline"]
    foreign = supposing(a_form(a_card(0, sub_flow=shop.sub_flow.pk)), contact=str(other.lea.pk))
    assert "Zacharias" not in asked(shop, foreign)["timeline"]


def test_somebody_inside_sees_what_lies_ahead_of_them(shop: Shop):
    a_week_away(shop)
    cards = [*stored_cards(shop.sequence), a_card(1, sub_flow=shop.sub_flow.pk, name="Afterwards", delay_unit="days")]
    form = supposing(a_form(*cards, stored=1, name=shop.sequence.name), contact=str(shop.lea.pk))
    timeline = asked(shop, form, rehearse(shop.sequence))["timeline"]
    assert "Léa is inside" in timeline
    assert "2 Afterwards" in timeline


def test_a_card_that_cannot_be_read_says_so_and_the_ones_before_it_still_have_their_dates(shop: Shop):
    cards = [a_card(0, sub_flow=shop.sub_flow.pk, name="Good"), a_card(1, days=[], name="Bad"), a_card(2, name="Later")]
    answer = asked(shop, a_form(*cards))
    assert "1 Good" in answer["timeline"]
    assert "Choose at least one weekday." in answer["timeline"]
    assert "3 Later" not in answer["timeline"]
    assert answer["effect"] == "Something on this page cannot be read yet."


def test_a_card_without_a_sub_flow_has_its_date_already(shop: Shop):
    assert "1 Idea" in asked(shop, a_form(a_card(0, name="Idea")))["timeline"]


def test_the_share_of_late_ones_is_that_of_the_people_inside(shop: Shop):
    """Léa never wrote; Max wrote just now, and the message goes in two hours."""
    channel = a_channel(shop.workspace)
    sequence = a_sequence(shop.workspace)
    now = timezone.now()
    for wrote_at in (None, now, now, now - timedelta(hours=23)):
        person = a_contact(channel, last_interaction_at=wrote_at)
        Subscription.objects.create(
            workspace=shop.workspace,
            sequence=sequence,
            contact=person,
            channel=channel,
            subscribed_at=now,
            countdown_started_at=now,
            next_step=sequence.steps.get(),
        )
    (card,) = stored_cards(sequence)
    card |= {"steps-0-delay_amount": "2", "steps-0-delay_unit": "hours"}
    late = asked(shop, a_form(card, stored=1, name=sequence.name), rehearse(sequence))["late"]
    assert late == {
        "steps-0": "About 50 % of the people inside (4) would not get this one: "
        "they will not have written for 24 hours."
    }
    tagged = card | {"steps-0-content_type": "account_update"}
    channel.settings = {"after_24_hours": "message_tag"}
    channel.save()
    assert asked(shop, a_form(tagged, stored=1, name=sequence.name), rehearse(sequence))["late"] == {}


def test_a_sequence_without_people_is_told_of_the_contacts_of_its_channels(shop: Shop):
    """Nobody is in a new one: Léa, who never wrote, stands for them, and those of a channel not ticked do not."""
    quiet = a_channel(shop.workspace, settings={"reply_window": False})
    a_contact(quiet)
    form = a_form(a_card(0, sub_flow=shop.sub_flow.pk), channels=[shop.sandbox.pk])
    assert "About 100 % of your newest contacts (1)" in asked(shop, form)["late"]["steps-0"]
    form = a_form(a_card(0, sub_flow=shop.sub_flow.pk), channels=[quiet.pk])
    assert asked(shop, form)["late"] == {}


def test_the_effect_is_said_before_it_is_saved(shop: Shop):
    a_week_away(shop)
    Subscription.objects.filter(sequence=shop.sequence).update(next_because="countdown")
    shop.lea.last_interaction_at = timezone.now()
    shop.lea.save()
    untouched = a_form(*stored_cards(shop.sequence), stored=1, name=shop.sequence.name)
    answer = asked(shop, untouched, rehearse(shop.sequence))
    assert (answer["changes"], answer["effect"]) == (0, "No changes yet.")
    (card,) = stored_cards(shop.sequence)
    sooner = card | {"steps-0-delay_unit": "immediately"}
    more = a_card(1, sub_flow=shop.sub_flow.pk)
    answer = asked(shop, a_form(sooner, more, stored=1, name=shop.sequence.name), rehearse(shop.sequence))
    assert answer["effect"] == "2 changes · 1 person gets the new message, 1 would be due at once"
    assert (answer["may_spread"], answer["asks"]) == (True, False)
    over = a_form(card, stored=1, name=shop.sequence.name, state="archived")
    assert "the sequence ends for 1 person" in asked(shop, over, rehearse(shop.sequence))["effect"]
    waits = a_form(card, stored=1, name=shop.sequence.name, state="paused")
    assert "1 person waits" in asked(shop, waits, rehearse(shop.sequence))["effect"]


def test_an_archived_message_is_named_with_those_who_go_on_to_the_next(shop: Shop):
    a_week_away(shop)
    a_step(shop.sequence, sub_flow=shop.sub_flow, delay_amount=2, delay_unit="weeks")
    first, second = stored_cards(shop.sequence)
    form = a_form(first | {"steps-0-DELETE": "on"}, second, stored=2, name=shop.sequence.name)
    said = asked(shop, form, rehearse(shop.sequence))["effect"]
    assert said == "1 change · 1 message is archived, 1 person goes on to the next"


def test_a_new_form_says_what_it_still_needs(shop: Shop):
    untouched = asked(shop, a_form(name=""))
    assert untouched["effect"] == "Choose a sub-flow for each message to see what happens."
    unnamed = a_form(a_card(0), a_card(1, sub_flow=shop.sub_flow.pk))
    assert asked(shop, unnamed)["effect"] == "Choose a sub-flow for each message to see what happens."
    assert "Message 2" in asked(shop, unnamed)["timeline"]
    assert "What the 24-hour rule says" in asked(shop, supposing(unnamed, wrote="never"))["timeline"]


def test_what_many_people_would_get_at_once_is_asked_about_and_may_be_spread(shop: Shop):
    """Also without a script: the form comes back with the question, and nothing is stored before the answer."""
    crowd_into(shop, 30)
    a_week_away(shop)
    shop.sandbox.settings = {"reply_window": False}
    shop.sandbox.save()
    (card,) = stored_cards(shop.sequence)
    form = a_form(card | {"steps-0-delay_unit": "immediately"}, stored=1, name=shop.sequence.name)
    page = shop.as_(Role.EDITOR).post(page_of(shop.sequence), form)
    assert page.status_code == 200
    assert "31 would be due at once" in page.content.decode()
    assert "Look once more before you save" in page.content.decode()
    assert Step.objects.get(pk=shop.step.pk).delay_unit == "weeks"
    asked_at = timezone.now()
    form |= {"confirmed": "on", "spread": "6"}
    assert shop.as_(Role.EDITOR).post(page_of(shop.sequence), form).status_code == 302
    moments = sorted(Subscription.objects.filter(sequence=shop.sequence).values_list("next_send_at", flat=True))
    assert moments[0] >= asked_at
    assert timedelta(hours=4) < moments[-1] - moments[0] < timedelta(hours=6)


def test_without_a_script_the_timeline_is_shown_and_nothing_is_saved(shop: Shop):
    card = a_card(0, sub_flow=shop.sub_flow.pk, name="Only looked at")
    page = shop.as_(Role.EDITOR).post(ADD, a_form(card, name="Just looking", _timeline="1"))
    shown = page.content.decode()
    assert page.status_code == 200
    assert "1 Only looked at" in shown
    assert 'value="Just looking"' in shown
    assert "About 100 %" in shown
    assert "errornote" not in shown
    assert not Sequence.objects.filter(name="Just looking").exists()


def test_a_viewer_sees_the_timeline_of_what_is_stored_and_changes_nothing(shop: Shop):
    form = a_form(a_card(0, sub_flow=shop.sub_flow.pk, name="Mine"), name="changed")
    answer = asked(shop, form, rehearse(shop.sequence), role=Role.VIEWER)
    assert "is subscribed" in answer["timeline"]
    assert "Mine" not in answer["timeline"]
    assert answer["changes"] == 0
    assert shop.as_(Role.VIEWER).post(FORESEE_NEW, form).status_code == 403


def test_another_workspaces_sequence_is_neither_foreseen_nor_edited(shop: Shop, other: Shop):
    assert shop.as_(Role.OWNER).post(rehearse(other.sequence), a_form()).status_code == 404
    quick = reverse("admin:sequences_sequence_sub_flow", args=[other.sub_flow.pk])
    assert shop.as_(Role.OWNER).get(quick).status_code == 404
    assert shop.as_(Role.OWNER).get(rehearse(shop.sequence)).status_code == 405


def counted(shop: Shop, form: dict[str, Any], address: str) -> Opened:
    browser = shop.as_(Role.EDITOR)
    browser.post(address, form)
    with CaptureQueriesContext(connection) as captured:
        assert browser.post(address, form).status_code == 200
    statements = [query["sql"] for query in captured.captured_queries]
    return Opened(len(statements), [one for one in statements if one.startswith("SELECT")])


def test_foresight_takes_as_many_queries_for_fifty_messages_and_many_people_as_for_few(shop: Shop):
    """Many enough for the shares to be those of a sample."""
    a_week_away(shop)
    small = counted(shop, changed(shop), rehearse(shop.sequence)).count
    for _ in range(49):
        a_step(shop.sequence, sub_flow=shop.sub_flow)
    crowd_into(shop, 300)
    assert (
        counted(shop, changed(shop), rehearse(shop.sequence)).count <= small + 5
    )  # the ends and the four stripes of a sample


def changed(shop: Shop) -> dict[str, Any]:
    cards = stored_cards(shop.sequence)
    cards[0] |= {"steps-0-delay_amount": "3"}
    return a_form(*cards, stored=len(cards), name=shop.sequence.name)


def test_foresight_reads_no_table_whole(shop: Shop):
    """PostgreSQL only, as in test_scale.py."""
    if connection.vendor != "postgresql":
        return
    crowd_into(shop)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert counted(shop, changed(shop), rehearse(shop.sequence)).full_scans() == set()


def test_many_sub_flows_are_not_repeated_in_many_cards(shop: Shop):
    """The empty card has them all; with `choices` in the address, for pages without a script, each one has."""
    for _ in range(30):
        a_step(shop.sequence, sub_flow=shop.sub_flow)
    for number in range(40):
        a_sub_flow(shop.workspace, name=f"Choice {number:02}")
    page = shop.as_(Role.EDITOR).get(page_of(shop.sequence)).content.decode()
    assert page.count("Choice 07</option>") == 1
    page = shop.as_(Role.EDITOR).get(page_of(shop.sequence) + "?choices=1").content.decode()
    assert page.count("Choice 07</option>") == 32


def test_who_was_quicker_is_named_and_what_the_second_one_typed_stands_there(shop: Shop):
    page = page_of(shop.sequence)
    seen_at = shop.sequence.updated_at.isoformat()
    (card,) = stored_cards(shop.sequence)
    first = a_form(card, stored=1, name="Theirs", seen_at=seen_at)
    assert shop.as_(Role.OWNER).post(page, first).status_code == 302
    mine = a_form(card | {"steps-0-name": "Typed by me"}, stored=1, name="Mine", seen_at=seen_at)
    shown = shop.as_(Role.EDITOR).post(page, mine).content.decode()
    assert f"{shop.owner.email} changed this sequence at" in shown
    assert f'<a class="text-link" href="{page}" target="_blank"' in shown
    assert "Please correct" not in shown
    assert 'value="Mine"' in shown
    assert 'value="Typed by me"' in shown
    assert Sequence.objects.get(pk=shop.sequence.pk).name == "Theirs"


def test_a_sub_flow_is_made_and_changed_in_the_dialog(shop: Shop):
    browser, new = shop.as_(Role.EDITOR), reverse("admin:sequences_sequence_new_sub_flow")
    assert "New sub-flow" in browser.get(new).content.decode()
    refused = browser.post(new, {"name": shop.sub_flow.name, "text_0": "Hi {{ nonsense }}"}).content.decode()
    assert "Another one has this name already." in refused
    assert "Hi {{ nonsense }}" in refused
    made = browser.post(new, {"name": "Welcome", "text_0": "Hello\r\nthere"}).json()
    stored = SubFlow.objects.get(pk=made["id"])
    assert (stored.workspace, stored.blocks) == (shop.workspace, [{"type": "text", "text": "Hello\nthere"}])


def test_the_dialog_changes_texts_and_leaves_all_else_alone(shop: Shop):
    blocks: list[dict[str, Any]] = [
        {"type": "image", "url": "https://example.com/a.png"},
        {"type": "text", "text": "Old"},
        {"type": "buttons", "text": "Look", "buttons": [{"label": "Shop", "url": "https://example.com/"}]},
    ]
    template = {"name": "order", "language": "en", "parameters": []}
    flow = a_sub_flow(shop.workspace, name="Rich", blocks=blocks, utility_template=template)
    address = reverse("admin:sequences_sequence_sub_flow", args=[flow.pk])
    typed = {"name": "Richer", "text_1": "New", "text_2": "Look here"}
    shop.as_(Role.EDITOR).post(address, {**typed, "seen_at": flow.updated_at.isoformat()})
    flow.refresh_from_db()
    assert (flow.name, flow.utility_template) == ("Richer", template)
    assert flow.blocks == [blocks[0], {**blocks[1], "text": "New"}, {**blocks[2], "text": "Look here"}]
    assert shop.as_(Role.VIEWER).get(address).status_code == 403


def test_channel_settings_stand_there_for_the_channels_in_use_only(shop: Shop):
    """Those that the sequence names count, else all; the settings are hidden, not gone: nothing chosen is lost."""
    a_channel(shop.workspace, kind="messenger", name="Page")
    shop.sandbox.settings = {"reply_window": False}
    shop.sandbox.save()
    page, browser = page_of(shop.sequence), shop.as_(Role.EDITOR)
    assert browser.get(page).context["has_reply_window"] is True
    (card,) = stored_cards(shop.sequence)
    form = a_form(card, stored=1, name=shop.sequence.name, channels=[shop.sandbox.pk])
    assert browser.post(page, form).status_code == 302
    assert browser.get(page).context["has_reply_window"] is False


def test_the_head_counts_the_people_and_the_card_its_numbers(shop: Shop):
    Subscription.objects.create(
        workspace=shop.workspace,
        sequence=shop.sequence,
        contact=a_contact(shop.sandbox),
        channel=shop.sandbox,
        state="completed",
        subscribed_at=NOW,
        countdown_started_at=NOW,
        ended_at=datetime(2026, 3, 3, tzinfo=UTC),
    )
    page = shop.as_(Role.VIEWER).get(page_of(shop.sequence)).content.decode()
    assert "1 person inside · 1 completed" in page
    assert "<b>1</b> waiting" in page
    assert "<b>1</b> skipped" in page
