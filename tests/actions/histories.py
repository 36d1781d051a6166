"""Random histories of a small world: people inside a sequence while everything about it is edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from random import Random
from typing import Any

from channels.actions.pause_channel import pause_channel, resume_channel
from channels.actions.upsert_contact import change_contact
from channels.messages import InboundKind
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.rescue import rescue
from sequences.actions.runs import end_run
from sequences.actions.save_sequence import StepDraft
from sequences.actions.sequence_states import pause_sequence, resume_sequence
from sequences.actions.subscribe import subscribe
from sequences.actions.unsubscribe import unsubscribe
from sequences.models import Sequence, Subscription
from tests.actions.cast import drafts_of, edit_steps, interacts, people_of
from tests.builders import a_channel, a_sequence, a_sub_flow, a_workspace
from tests.engine import Clock, Engine

ZONES = ["UTC", "Europe/Paris", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu", ""]
DELAYS = [("immediately", 0), ("minutes", 20), ("hours", 3), ("hours", 30), ("days", 3)]
WINDOWS = [(None, None), (time(9), time(18)), (time(22), time(2)), (time(11, 30), time(12, 30))]


class World:
    """One sequence, three people, one engine; `happens()` does one random thing and says which."""

    def __init__(self, seed: int, *, has_pauses: bool = True) -> None:
        self.has_pauses = has_pauses
        self.chance = Random(seed)
        self.clock = self.new_clock()
        self.engine = self.new_engine(seed)
        self.words = 0
        self.workspace = a_workspace(time_zone=self.chance.choice(ZONES[:4]))
        self.channel = self.new_channel()
        self.people = people_of(self.channel, 3, last_interaction_at=self.clock())
        self.sequence = a_sequence(self.workspace, [], stop_on_reply=self.chance.random() < 0.3)
        edit_steps(self.sequence, self.clock, [self.new_step() for _ in range(self.chance.randint(1, 4))])
        for person in self.people:
            subscribe(self.sequence, [person], now=self.clock(), actor=SYSTEM)

    def new_clock(self) -> Clock:
        return Clock()

    def new_engine(self, seed: int) -> Engine:
        return Engine(self.clock, seed=seed)

    def new_channel(self) -> Channel:
        return a_channel(self.workspace)

    def close(self) -> None:
        self.engine.close()

    def happens(self) -> str:
        chosen: Callable[[], object] = self.chance.choices(*self.what_may_happen())[0]
        chosen()
        return chosen.__name__

    def what_may_happen(self) -> tuple[list[Callable[[], object]], list[int]]:
        """And how often, beside the others."""
        return (
            [
                self.time_passes,
                self.the_engine_turns,
                self.the_engine_is_caught_in_the_middle,
                self.the_engine_dies,
                self.a_step_is_inserted,
                self.a_step_is_deleted,
                self.steps_are_reordered,
                self.a_step_is_switched,
                self.a_step_is_changed,
                self.the_sequence_is_paused_or_resumed,
                self.the_channel_is_paused_or_resumed,
                self.somebody_moves,
                self.somebody_writes,
                self.somebody_enters,
                self.somebody_leaves,
            ],
            [10, 8, 4, 2, 4, 3, 3, 3, 5, 3, 1, 2, 4, 2, 1],
        )

    @property
    def somebody(self) -> Contact:
        found: Contact = Contact.objects.select_related("channel").get(pk=self.chance.choice(self.people).pk)
        return found

    def fresh_sequence(self) -> Sequence:
        return Sequence.objects.get(pk=self.sequence.pk)

    def new_step(self) -> StepDraft:
        self.words += 1
        blocks: list[dict[str, Any]] = [{"type": "text", "text": f"word {self.words}"}]
        if self.has_pauses and self.chance.random() < 0.3:
            blocks += [{"type": "pause", "seconds": 60}, {"type": "text", "text": f"word {self.words}, part 2"}]
        return self.changed(StepDraft(sub_flow_id=a_sub_flow(self.workspace, blocks=blocks).pk))

    def changed(self, draft: StepDraft) -> StepDraft:
        unit, amount = self.chance.choice(DELAYS)
        start, end = self.chance.choice(WINDOWS)
        return replace(
            draft,
            delay_unit=unit,
            delay_amount=amount,
            window_start=start,
            window_end=end,
            weekdays=self.chance.choice([127, 127, 0b0011111, 0b1000001]),
            outside_reply_window=self.chance.choice(["skip", "hold", "hold", "stop"]),
            content_type=self.chance.choice(["default", "default", "account_update"]),
        )

    def edits(self, change: Callable[[list[StepDraft]], object]) -> None:
        drafts = drafts_of(self.sequence)
        change(drafts)
        edit_steps(self.sequence, self.clock, drafts)

    def time_passes(self) -> None:
        upcoming = Subscription.objects.active().filter(next_send_at__gt=self.clock())
        following = upcoming.order_by("next_send_at").values_list("next_send_at", flat=True).first()
        if following is not None and self.chance.random() < 0.6:
            self.clock.now = following
        else:
            self.clock.forward(minutes=self.chance.choice([1, 17, 200, 1500]))

    def the_engine_turns(self) -> None:
        self.engine.settle()

    def the_engine_is_caught_in_the_middle(self) -> None:
        """It has messages in hand; what happens next happens around them."""
        self.engine.decide()

    def the_engine_dies(self) -> None:
        """With whatever it has in hand; another one takes over."""
        self.chance.choice([lambda: None, self.engine.decide])()
        self.engine.close()
        end_run(self.engine.run, because="dead", now=self.clock())
        rescue(self.engine.run, now=self.clock())
        self.engine = self.new_engine(self.chance.randrange(10**6))

    def a_step_is_inserted(self) -> None:
        self.edits(lambda drafts: drafts.insert(self.chance.randint(0, len(drafts)), self.new_step()))

    def a_step_is_deleted(self) -> None:
        self.edits(lambda drafts: drafts and drafts.pop(self.chance.randrange(len(drafts))))

    def steps_are_reordered(self) -> None:
        self.edits(self.chance.shuffle)

    def a_step_is_switched(self) -> None:
        self.change_one(lambda draft: replace(draft, is_enabled=not draft.is_enabled))

    def a_step_is_changed(self) -> None:
        self.change_one(self.changed)

    def change_one(self, change: Callable[[StepDraft], StepDraft]) -> None:
        def apply(drafts: list[StepDraft]) -> None:
            if drafts:
                index = self.chance.randrange(len(drafts))
                drafts[index] = change(drafts[index])

        self.edits(apply)

    def the_sequence_is_paused_or_resumed(self) -> None:
        sequence = self.fresh_sequence()
        (resume_sequence if sequence.state == "paused" else pause_sequence)(sequence, now=self.clock(), actor=SYSTEM)

    def the_channel_is_paused_or_resumed(self) -> None:
        self.channel.refresh_from_db()
        (resume_channel if self.channel.is_paused else pause_channel)(self.channel, now=self.clock(), actor=SYSTEM)

    def somebody_moves(self) -> None:
        change_contact(self.somebody, {"time_zone": self.chance.choice(ZONES)}, now=self.clock(), actor=SYSTEM)

    def somebody_writes(self) -> None:
        late = timedelta(minutes=self.chance.choice([0, 0, 0, 5, 2000]))
        interacts(self.somebody, self.clock(), self.chance.choice(list(InboundKind)), at=self.clock() - late)

    def somebody_enters(self) -> None:
        subscribe(self.fresh_sequence(), [self.somebody], now=self.clock(), actor=SYSTEM)

    def somebody_leaves(self) -> None:
        unsubscribe(self.fresh_sequence(), [self.somebody], now=self.clock(), actor=SYSTEM)

    def everything_runs(self) -> None:
        """Nothing is paused any more, and what was due has happened."""
        self.engine.settle()
        resume_channel(self.channel, now=self.clock(), actor=SYSTEM)
        if self.fresh_sequence().state == "paused":
            resume_sequence(self.fresh_sequence(), now=self.clock(), actor=SYSTEM)
        self.engine.settle()

    def comes_to_its_end(self) -> None:
        """Everything is resumed, whoever is waited for writes, and time passes until nobody waits any more."""
        self.everything_runs()
        for _ in range(60):
            self.engine.settle()
            inside = list(Subscription.objects.active().select_related("contact__channel"))
            if not inside:
                return
            moments = [row.next_send_at for row in inside if row.next_send_at]
            for row in inside:
                if row.next_send_at is None:
                    interacts(row.contact, self.clock(), InboundKind.OTHER)
            self.clock.now = max(self.clock(), min(moments, default=self.clock()))
        raise AssertionError("somebody waits for ever")
