"""The pages round a sequence: its people, its numbers, the list with its verbs, and recipes to start from."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels.models import Contact
from sequencer.workspaces.models import AuditEvent, Role
from sequences.admin import ledger_days, message_numbers, sequence_list, step_numbers
from sequences.admin import people as people_page
from sequences.models import Delivery, Sequence, Subscription
from tests.admin.conftest import NOW, Shop
from tests.admin.test_scale import crowd_into
from tests.builders import a_channel, a_contact, a_sequence, a_step
from tests.page_queries import opened

LIST = "/admin/sequences/sequence/"


def people_of(shop: Shop, role: Role = Role.VIEWER, **asked) -> str:
    page = reverse("admin:sequences_people", args=[shop.sequence.pk])
    return shop.as_(role).get(page, asked).content.decode()


def named(text: str) -> list[str]:
    return re.findall(r'/contact/\d+/change/">([^<]+)</a>', text)


def enter(shop: Shop, name: str, **fields) -> Subscription:
    contact = a_contact(fields.pop("channel", shop.sandbox), first_name=name, **fields.pop("person", {}))
    values = {"next_step": shop.step, "next_send_at": NOW, "next_because": "countdown", **fields}
    return Subscription.objects.create(
        workspace=shop.workspace,
        sequence=shop.sequence,
        contact=contact,
        channel=contact.channel,
        subscribed_at=NOW,
        countdown_started_at=NOW,
        **values,
    )


def a_delivery(shop: Shop, state: str, reason: str = "", **fields) -> Delivery:
    row = enter(shop, "somebody", state="completed")
    now = timezone.now()
    return Delivery.objects.create(
        workspace=shop.workspace,
        subscription=row,
        step=shop.step,
        contact=row.contact,
        channel=row.channel,
        state=state,
        reason=reason,
        due_at=now,
        **{"decided_at": now, "sent_at": now if state in ("sent", "delivered", "read") else None, **fields},
    )


def test_people_are_shown_on_their_own_clock_with_the_reason(shop: Shop):
    enter(shop, "Haruka", person={"time_zone": "Asia/Tokyo"}, next_because="outside_window")
    text = people_of(shop)
    assert "2 Mar 2026, 21:00 (Asia/Tokyo)" in text
    assert "It waits until the send window opens." in text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["Held", "Léa"]),
        ({"because": "reply_window_closed"}, ["Held"]),
        ({"state": "completed"}, ["Done"]),
        ({"state": "all"}, ["Held", "Done", "Léa"]),
        ({"q": "don", "state": "all"}, ["Done"]),
        ({"q": "don"}, []),
        # Rubbish asks for nothing, and breaks nothing.
        ({"state": "x", "step": "9" * 40, "channel": "a", "because": "x", "after": "-1"}, ["Held", "Léa"]),
        ({"q": "\x00"}, ["Held", "Léa"]),
    ],
)
def test_people_are_found_by_what_they_do(shop: Shop, asked, expected):
    enter(shop, "Done", state="completed", next_step=None, next_send_at=None, next_because="")
    enter(shop, "Held", next_send_at=None, next_because="reply_window_closed")
    assert named(people_of(shop, **asked)) == expected


def test_people_are_found_by_message_and_channel(shop: Shop):
    second = a_step(shop.sequence)
    enter(shop, "Second", next_step=second)
    enter(shop, "Elsewhere", channel=a_channel(shop.workspace))
    assert named(people_of(shop, step=second.pk)) == ["Second"]
    assert named(people_of(shop, channel=shop.sandbox.pk)) == ["Second", "Léa"]


def test_the_next_page_goes_on_where_this_one_ended(shop: Shop):
    crowd_into(shop, 120)
    first = people_of(shop)
    after = re.search(r'\?state=active&amp;after=(\d+)">Older', first)
    assert after is not None
    second = people_of(shop, after=after[1])
    assert len(named(first)) == len(named(second)) == 50
    assert not set(named(first)) & set(named(second))


def test_a_rare_filter_looks_through_a_stretch_and_offers_to_look_further(shop: Shop, monkeypatch):
    enter(shop, "Rare", next_because="retry")
    crowd_into(shop, 30)
    monkeypatch.setattr(people_page, "LOOKED_THROUGH", 10)
    text = people_of(shop, because="retry")
    for _ in range(5):
        if "Rare" in text:
            break
        further = re.search(r'after=(\d+)">Look further', text)
        assert further is not None
        assert "Nobody among those looked through so far." in text
        text = people_of(shop, because="retry", after=further[1])
    assert named(text) == ["Rare"]


def test_editors_stop_those_they_tick(shop: Shop, other: Shop):
    bob = enter(shop, "Bob")
    page = reverse("admin:sequences_people_stop", args=[shop.sequence.pk])
    ticked = {"person": [bob.pk, other.subscription.pk, "x"]}
    assert shop.as_(Role.VIEWER).post(page, ticked).status_code == 403
    assert shop.as_(Role.EDITOR).get(page).status_code == 405
    shop.as_(Role.EDITOR).post(page, ticked)
    states = dict(Subscription.objects.values_list("pk", "state"))
    assert (states[bob.pk], states[shop.subscription.pk], states[other.subscription.pk]) == (
        "stopped",
        "active",
        "active",
    )
    assert 'name="person"' not in people_of(shop, Role.VIEWER)


def test_numbers_tell_what_became_of_each_message(shop: Shop):
    for state, reason in [
        ("sent", ""),
        ("read", ""),
        ("delivered", ""),
        ("failed", "content_rejected"),
        ("unknown", ""),
    ]:
        a_delivery(shop, state, reason)
    a_delivery(shop, "sent", decided_at=timezone.now() - timedelta(days=31))
    page = shop.as_(Role.VIEWER).get(reverse("admin:sequences_numbers", args=[shop.sequence.pk]))
    [card] = page.context["cards"]
    figures = {title: {str(label): number for label, number, _ in rows} for title, rows in card["columns"]}
    # One more was skipped long ago: the shop's own.
    assert figures["In all"] == {
        "Sent": "4", "Delivered": "2", "Read": "1", "Skipped": "1", "Failed": "1", "Unknown": "1",
    }  # fmt: skip
    assert (figures["Last 30 days"]["Sent"], figures["Last 30 days"]["Skipped"]) == ("3", "0")
    assert card["waiting"] == "1"
    assert "The provider refused the content of this message." in page.content.decode()


def test_numbers_are_exact_or_say_that_they_are_not(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(message_numbers, "MOST_COUNTED", 3)
    monkeypatch.setattr(step_numbers, "MOST_COUNTED", 3)
    for _person in range(5):
        a_delivery(shop, "sent")
        enter(shop, "waits here")
    page = shop.as_(Role.VIEWER).get(reverse("admin:sequences_numbers", args=[shop.sequence.pk]))
    [card] = page.context["cards"]
    assert page.context["is_cut"]
    figures = {title: {str(label): number for label, number, _ in rows} for title, rows in card["columns"]}
    assert (figures["In all"]["Sent"], figures["Last 30 days"]["Sent"]) == ("5", "5")
    assert (card["waiting"], card["is_share"]) == ("100", True)
    assert "about 100 % of the people inside wait here" in page.content.decode()


def test_days_are_drawn_and_said_in_a_table(shop: Shop):
    now = timezone.now()
    a_delivery(shop, "read")
    a_delivery(shop, "sent", decided_at=now - timedelta(days=40))
    url = reverse("admin:sequences_numbers", args=[shop.sequence.pk])
    lines = shop.as_(Role.VIEWER).get(url).context["days"]["lines"]
    assert [len(line["cells"]) for line in lines] == [10] * len(lines)
    assert dict(lines[0]["cells"])["Sent"] == "1"
    page = shop.as_(Role.VIEWER).get(url, {"days": "90", "message": str(shop.sequence.steps.get().pk)})
    days = page.context["days"]
    assert dict(days["lines"][0]["cells"]) | {"Skipped": ""} == {
        "Sent": "2", "Delivered": "1", "Read": "1", "Skipped": "", "Failed": "0", "Unknown": "0",
    }  # fmt: skip
    assert len([bar for bar in days["chart"].bars if bar.word == "sent"]) == 2
    assert b'<rect class="bar is-sent"' in page.content
    rubbish: dict[str, str]
    for rubbish in ({"days": "31"}, {"days": "x", "message": "9" * 30}, {"message": "-1"}):
        assert shop.as_(Role.VIEWER).get(url, rubbish).context["days"]["period"] == 30


@pytest.mark.parametrize("name", ["sequences_people", "sequences_numbers"])
def test_these_pages_take_as_many_queries_for_many_people_as_for_one(shop: Shop, name: str):
    url = reverse(f"admin:{name}", args=[shop.sequence.pk])
    enter(shop, "Bob")
    alone = opened(shop.as_(Role.OWNER), url).count
    crowd_into(shop, 300)
    assert opened(shop.as_(Role.OWNER), url).count == alone


@pytest.mark.parametrize("name", ["sequences_people", "sequences_numbers", "sequences_rehearse"])
def test_a_foreign_sequence_has_no_pages(shop: Shop, other: Shop, name: str):
    assert shop.as_(Role.OWNER).get(reverse(f"admin:{name}", args=[other.sequence.pk])).status_code == 404


def test_the_list_says_what_was_sent_today_and_who_edited_last(shop: Shop):
    # Tomorrow too, so that midnight may fall between the two.
    a_delivery(shop, "sent", sent_at=timezone.now() + timedelta(days=1))
    a_delivery(shop, "sent", sent_at=timezone.now() - timedelta(days=2))
    shop.as_(Role.EDITOR).post(f"{LIST}verb/", {"verb": f"pause:{shop.sequence.pk}"})
    text = shop.as_(Role.EDITOR).get(LIST).content.decode()
    editor = AuditEvent.objects.get(verb="paused").actor_label
    assert editor in text
    assert re.search(r"field-sent[^>]*>\s*1\s*<", text)


@pytest.mark.parametrize(("decided", "is_cut"), [((0, 0, 0), True), ((0, 0), True), ((0,), False), ((0, -3), False)])
def test_what_was_sent_today_says_when_there_is_more(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, decided: tuple[int, ...], is_cut: bool
):
    """Of the latest two; an older one of them means that today's were all seen."""
    monkeypatch.setattr(sequence_list, "LOOKED_THROUGH", 2)
    Delivery.objects.all().delete()
    for days in reversed(decided):
        moment = timezone.now() + timedelta(days=days, minutes=1)
        a_delivery(shop, "sent", sent_at=moment, decided_at=moment)
    text = shop.as_(Role.EDITOR).get(LIST).content.decode()
    assert bool(re.search(r"field-sent[^>]*>\s*\d\+\s*<", text)) is is_cut


def test_verbs_beside_a_row(shop: Shop):
    browser = shop.as_(Role.EDITOR)

    def does(verb: str, **more):
        return browser.post(f"{LIST}verb/", {"verb": f"{verb}:{shop.sequence.pk}", "back": "q=x", **more})

    assert does("pause")["Location"] == f"{LIST}?q=x"
    assert Sequence.objects.get(pk=shop.sequence.pk).state == "paused"
    does("resume")
    assert Sequence.objects.get(pk=shop.sequence.pk).state == "active"
    does("duplicate")
    assert Sequence.objects.filter(workspace=shop.workspace, state="draft").count() == 1
    asked = does("archive")
    assert "Archiving is final" in asked.content.decode()
    assert Sequence.objects.get(pk=shop.sequence.pk).state == "active"
    does("archive", confirm="1")
    assert Sequence.objects.get(pk=shop.sequence.pk).state == "archived"


def test_archiving_many_asks_first_too(shop: Shop):
    chosen = {"action": "archive", "_selected_action": [shop.sequence.pk]}
    browser = shop.as_(Role.EDITOR)
    assert "Archiving is final" in browser.post(LIST, chosen).content.decode()
    assert Sequence.objects.get(pk=shop.sequence.pk).state == "active"
    browser.post(LIST, {**chosen, "confirm": "1"})
    assert Sequence.objects.get(pk=shop.sequence.pk).state == "archived"


def test_verbs_are_for_editors_of_this_workspace_by_post(shop: Shop, other: Shop):
    page = f"{LIST}verb/"
    ours = {"verb": f"pause:{shop.sequence.pk}"}
    assert shop.as_(Role.VIEWER).post(page, ours).status_code == 403
    assert shop.as_(Role.EDITOR).get(page, ours).status_code == 405
    for verb in (f"pause:{other.sequence.pk}", f"rubbish:{shop.sequence.pk}", "pause", "pause:x", ""):
        assert shop.as_(Role.EDITOR).post(page, {"verb": verb}).status_code == 404
    assert set(Sequence.objects.values_list("state", flat=True)) == {"active"}
    assert "row-verbs" not in shop.as_(Role.VIEWER).get(LIST).content.decode().split("result_list")[1]


def test_what_is_archived_shows_when_it_is_asked_for(shop: Shop):
    old = a_sequence(shop.workspace, name="Last year's", state="archived")
    assert old.name not in shop.as_(Role.VIEWER).get(LIST).content.decode().replace("&#x27;", "'")
    shown = shop.as_(Role.VIEWER).get(LIST, {"state__exact": "archived"}).content.decode()
    assert old.name in shown.replace("&#x27;", "'")


@pytest.mark.parametrize(
    "name", ["sequences_sequence", "sequences_subscription", "sequences_delivery", "channels_contact"]
)
def test_an_empty_list_teaches_and_an_empty_search_offers_everything(shop: Shop, name: str):
    browser = shop.as_(Role.EDITOR)
    page = reverse(f"admin:{name}_changelist")
    assert "Nothing fits this search" in browser.get(page, {"q": "zzzz"}).content.decode()
    Delivery.objects.all().delete()
    Subscription.objects.all().delete()
    Sequence.objects.all().delete()
    Contact.objects.all().delete()
    text = browser.get(page).content.decode()
    assert "empty-page" in text
    assert "Nothing fits this search" not in text


@pytest.mark.parametrize("key", ["event", "feedback", "cart"])
def test_a_recipe_becomes_a_draft_of_ones_own(shop: Shop, key: str):
    browser = shop.as_(Role.EDITOR)
    page = reverse("admin:sequences_recipe_use", args=[key])
    before = set(Sequence.objects.values_list("pk", flat=True))
    answer = browser.post(page)
    made = Sequence.objects.exclude(pk__in=before).get()
    assert answer["Location"] == reverse("admin:sequences_sequence_change", args=[made.pk])
    assert (made.state, made.workspace, made.steps.count()) == ("draft", shop.workspace, 2)
    assert all(step.sub_flow.blocks for step in made.steps.all())
    assert browser.get(answer["Location"]).status_code == 200
    # Once more: other names, and buttons name the sequence they are in.
    browser.post(page)
    again = Sequence.objects.exclude(pk__in=[*before, made.pk]).get()
    assert again.name == f"{made.name} 2"
    if key == "cart":
        assert again.public_id in str([step.sub_flow.blocks for step in again.steps.all()])
        assert made.public_id not in str([step.sub_flow.blocks for step in again.steps.all()])


def test_recipes_speak_the_users_language(shop: Shop):
    browser = shop.as_(Role.EDITOR)
    text = browser.get(reverse("admin:sequences_recipes"), headers={"accept-language": "fr"}).content.decode()
    assert "Suivi de l" in text
    assert "Hello" not in text
    browser.post(reverse("admin:sequences_recipe_use", args=["cart"]), headers={"accept-language": "fr"})
    made = Sequence.objects.get(state="draft")
    assert "panier" in str(made.steps.all().in_order()[0].sub_flow.blocks)


def test_recipes_are_looked_at_by_all_and_used_by_editors(shop: Shop):
    page = reverse("admin:sequences_recipes")
    use = reverse("admin:sequences_recipe_use", args=["event"])
    assert "Use this" not in shop.as_(Role.VIEWER).get(page).content.decode()
    assert shop.as_(Role.VIEWER).post(use).status_code == 403
    assert shop.as_(Role.EDITOR).get(use).status_code == 405
    assert shop.as_(Role.EDITOR).post(reverse("admin:sequences_recipe_use", args=["soup"])).status_code == 404
    assert not Sequence.objects.filter(state="draft").exists()


@pytest.mark.parametrize(("day", "shown"), [("today", 1), ("yesterday", 1), ("week", 2), ("month", 3), ("", 4)])
def test_deliveries_by_day(shop: Shop, day: str, shown: int):
    noon = timezone.localtime(timezone=ZoneInfo(shop.workspace.time_zone)).replace(hour=12)
    for days in (1, 10):
        a_delivery(shop, "sent", decided_at=noon - timedelta(days=days))
    a_delivery(shop, "sent", decided_at=timezone.now())
    page = shop.as_(Role.VIEWER).get("/admin/sequences/delivery/", {"day": day} if day else {})
    assert page.context["cl"].result_count == shown


@pytest.mark.parametrize("looked_through", [0, 1, 2, 3, 100])
def test_no_delivery_of_a_day_is_lost_by_looking_at_the_end_of_the_ledger_only(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, looked_through: int
):
    """Written in the order of time, but for one that waited for its second part for five days."""
    monkeypatch.setattr(ledger_days, "LOOKED_THROUGH", looked_through)
    now = timezone.now()
    moments = [now - timedelta(days=days) for days in (60, 40, 12, 11, 10, 4, 2, 1, 0)]
    rows = [a_delivery(shop, "sent", decided_at=moment) for moment in moments]
    assert ledger_days.first_since(now - timedelta(days=1)) <= rows[6].pk
    if looked_through == 0:
        assert ledger_days.first_since(now - timedelta(days=1)) > rows[4].pk
        assert ledger_days.first_since(now + timedelta(days=30)) >= rows[-1].pk
    Delivery.objects.filter(pk=rows[5].pk).update(decided_at=now)
    for since in (now, now - timedelta(days=1), now - timedelta(days=3), now - timedelta(days=50)):
        decided = Delivery.objects.filter(decided_at__gte=since)
        assert decided.filter(pk__gte=ledger_days.first_since(since)).count() == decided.count() > 0


def test_the_start_of_a_day_is_found_in_few_looks(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ledger_days, "LOOKED_THROUGH", 0)
    a_delivery(shop, "sent", id=1_000_000_000, decided_at=timezone.now())
    with CaptureQueriesContext(connection) as asked:
        ledger_days.first_since(timezone.now())
    assert len(asked) <= 32


def test_a_doubtful_delivery_is_settled_by_hand(shop: Shop, other: Shop):
    row = a_delivery(shop, "unknown", "outcome_unknown")
    page = reverse("admin:sequences_delivery_change", args=[row.pk])
    settle = reverse("admin:sequences_delivery_settle", args=[row.pk])
    assert "It did not arrive" in shop.as_(Role.EDITOR).get(page).content.decode()
    assert "It did not arrive" not in shop.as_(Role.VIEWER).get(page).content.decode()
    assert shop.as_(Role.VIEWER).post(settle, {"arrived": "no"}).status_code == 403
    assert other.as_(Role.OWNER).post(settle, {"arrived": "no"}).status_code == 404
    assert shop.as_(Role.EDITOR).get(settle).status_code == 405
    shop.as_(Role.EDITOR).post(settle, {"arrived": "perhaps"})
    assert Delivery.objects.get(pk=row.pk).state == "unknown"
    shop.as_(Role.EDITOR).post(settle, {"arrived": "no"})
    text = shop.as_(Role.VIEWER).get(page).content.decode()
    assert "Somebody looked: it did not arrive." in text
    again = shop.as_(Role.EDITOR).post(settle, {"arrived": "yes"}, follow=True).content.decode()
    assert "not in doubt any more" in again
    assert Delivery.objects.get(pk=row.pk).state == "failed"
