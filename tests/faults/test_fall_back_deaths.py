"""Whoever dies anywhere on the way of a message that goes to the same person elsewhere: it arrives there, once."""

from __future__ import annotations

from collections import Counter

import pytest

from channels.actions.link_contacts import link_contacts
from channels.models import Contact, SandboxMessage
from sequencer.faults import watched
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, Step, Subscription
from tests.builders import a_contact
from tests.faults.life import Fate, Life, Stage

pytestmark = pytest.mark.django_db(transaction=True)
PARTS = 2


class FallingLife(Life):
    """Eve never wrote to the Page; her contact in the sandbox is known to be hers."""

    def __init__(self, stage: Stage, fate: Fate) -> None:
        super().__init__(stage, fate, parts=(PARTS,), keeps_house_often=False)
        Step.objects.filter(sequence=self.sequence).update(fall_back_to="sandbox")
        eve, self.there = a_contact(stage.page), a_contact(stage.sandbox)
        link_contacts(eve, self.there, now=self.clock(), actor=SYSTEM)
        self.eve = Contact.objects.get(pk=eve.pk)


def a_day(stage: Stage, fate: Fate) -> FallingLife:
    life = FallingLife(stage, fate)
    with watched(fate):
        life.surely(lambda: subscribe(life.fresh(), [life.eve], now=life.clock(), actor=SYSTEM))
        life.works_until_all_is_done()
    life.leaves()
    return life


def check(life: FallingLife, death: str) -> None:
    shown = SandboxMessage.objects.filter(contact=life.there).values_list("key", flat=True)
    assert sorted(Counter(key.split(".")[1] for key in shown).items()) == [("0", 1), ("1", 1)], death
    row = Delivery.objects.get(subscription__sequence=life.sequence)
    assert (row.state, row.contact_id, row.fell_back_because) == ("sent", life.there.pk, "reply_window_closed"), death
    subscription = Subscription.objects.get(sequence=life.sequence)
    assert (subscription.state, subscription.channel_id) == ("completed", life.stage.page.pk), death
    assert (subscription.run_id, subscription.next_send_at, life.sink.taken) == (None, None, []), death


def test_it_arrives_there_once_wherever_somebody_dies() -> None:
    stage, whole = Stage.set_up(), Fate()
    check(a_day(stage, whole), "nobody")
    points = Counter(whole.reached)
    assert points["before prepare"] >= 2  # in the line at home, and in the other one
    for point, times in points.items():
        for occurrence in range(1, min(times, 2) + 1):
            fate = Fate([(point, occurrence)])
            check(a_day(stage, fate), f"{point}, {occurrence}")
            assert fate.died == 1
