"""A short life of a few messages, in which any process may die at any named point, and what must hold at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from channels.actions.record_events import record_events
from channels.events import Event, MessageReceipt, ReceiptKind, WatermarkReceipt
from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact, SandboxMessage
from sequencer.faults import watched
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.housekeeping import keep_house
from sequences.actions.rescue import give_back_forgotten, rescue
from sequences.actions.runs import RunLost, beat, end_run, give_up_slot
from sequences.actions.sequence_states import pause_sequence, resume_sequence
from sequences.actions.subscribe import subscribe
from sequences.actions.unsubscribe import unsubscribe
from sequences.models import Delivery, Subscription
from sequences.models import Sequence as SequenceModel
from sequences.models.run import DEAD_AFTER
from tests.actions.cast import drafts_of, edit_steps
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow
from tests.doubles.sink import Sink
from tests.engine import MONDAY_NOON, Clock, Engine
from tests.faults.worlds import counted_commits

WORDS = ("One", "Two", "Three")
CREDENTIALS = {"page_id": "1", "page_access_token": "token", "app_secret": "secret", "verify_token": "verify"}


class Died(BaseException):
    """A process was killed. No `except Exception` may catch it, for nothing goes on in a process that is dead."""


@dataclass
class Fate:
    """Who dies where: at the `occurrence`-th time that the first point is reached, then at the second point, ...

    `since`: what was reached after each death. `distinct`: those of these points where a first death would leave
    another world behind than at any point before; nothing but the world outlives a process.
    """

    deaths: Sequence[tuple[str, int]] = ()
    world: Callable[[], object] = object
    reached: list[str] = field(default_factory=list)
    since: list[Counter[str]] = field(default_factory=lambda: [Counter()])
    distinct: list[dict[object, str]] = field(default_factory=lambda: [{}])
    is_dead: bool = False

    @property
    def died(self) -> int:
        return len(self.since) - 1

    def __call__(self, point: str) -> None:
        if self.is_dead:
            raise Died(f"a dead process went on to {point}")
        self.reached.append(point)
        self.since[-1][point] += 1
        if self.since[-1][point] == 1:
            self.distinct[-1].setdefault(self.world(), point)
        if self.died < len(self.deaths):
            where, occurrence = self.deaths[self.died]
            if point == where and self.since[-1][point] == occurrence:
                self.since.append(Counter())
                self.distinct.append({})
                self.is_dead = True
                raise Died(point)


@dataclass(frozen=True)
class Stage:
    """What all lives of a test share: a channel without idempotency keys, and one with them."""

    page: Channel
    sandbox: Channel

    @classmethod
    def set_up(cls) -> Stage:
        settings = {"base_url": "http://127.0.0.1:9", "sends_per_second": 10_000}
        page = a_channel(kind="messenger", credentials=CREDENTIALS, settings=settings)
        return cls(page, a_channel(page.workspace, settings={"reply_window": False, "sends_per_second": 10_000}))


class Life:
    """Some people and what happens to them; whoever dies is replaced, and whoever got no answer asks again."""

    def __init__(self, stage: Stage, fate: Fate, *, parts: Sequence[int], keeps_house_often: bool = True) -> None:
        """`parts`: of how many each message of the sequence consists."""
        self.parts, self.keeps_house_often = parts, keeps_house_often
        self.fate, self.clock, self.sink = fate, Clock(MONDAY_NOON), Sink()
        self.engine: Engine | None = None
        self.in_doubt = self.stretch = 0
        workspace = stage.page.workspace
        blocks = [{"type": "text", "text": text} for text in WORDS]
        steps = [{"sub_flow": a_sub_flow(workspace, blocks=blocks[:count])} for count in parts]
        self.stage, self.sequence = stage, a_sequence(workspace, steps)
        self.ann, self.bob, self.dora = (a_contact(stage.page, last_interaction_at=self.clock()) for _ in range(3))
        self.cleo = a_contact(stage.sandbox)

    @contextmanager
    def is_watched(self) -> Iterator[None]:
        """Each point asks Fate, who sees what a death there would leave behind, and who would be replaced by whom."""
        with counted_commits() as commits, watched(self.fate):
            self.fate.world = lambda: (commits.number, len(self.sink.taken), self.clock(), self.stretch)
            yield

    @property
    def people(self) -> list[Contact]:
        return [self.ann, self.bob, self.cleo, self.dora]

    def fresh(self) -> SequenceModel:
        return SequenceModel.objects.get(pk=self.sequence.pk)

    def an_edit(self) -> None:
        """The second message's countdown is saved anew."""
        drafts = drafts_of(self.fresh())
        edit_steps(self.sequence, self.clock, drafts)

    def the_provider_calls(self) -> None:
        """Ann writes, and what went out so far was delivered; a call that got no answer comes again."""
        now, address = self.clock(), self.ann.address
        until = WatermarkReceipt(address, now, ReceiptKind.READ, now)
        heard = [MessageReceipt(one.address, now, ReceiptKind.DELIVERED, f"m_{one.key}") for one in self.sink.taken]
        wrote = InboundEvent(address, now, InboundKind.MESSAGE, "Hello", key=f"{self.ann.pk}")
        posts: list[Sequence[Event]] = [[*heard, until, wrote], heard, [until], [wrote]]
        for post in posts:
            record_events(self.stage.page, post, now=now)

    def surely(self, deed: Callable[[], object]) -> None:
        """In the web: the process that did it may die, and whoever asked for it asks again."""
        while True:
            self.stretch += 1
            try:
                deed()
                return
            except Died:
                self.fate.is_dead = False

    def works(self, turns: int) -> None:
        for _ in range(turns):
            self.one_turn()

    def works_until_all_is_done(self) -> None:
        for _ in range(60):
            is_moving = self.one_turn()
            mine = Subscription.objects.active().filter(sequence=self.sequence)
            if not is_moving and not mine.exists():
                return
            self.clock.forward(seconds=1)
        raise AssertionError("somebody waits for ever")

    def one_turn(self) -> bool:
        """In the worker: one turn of the wheel, after a heartbeat and housekeeping if those are due."""
        self.stretch += 1
        try:
            is_new = self.engine is None
            engine = self.engine or self.a_new_engine()
            if is_new or self.keeps_house_often:
                beat(engine.run, now=self.clock())
                keep_house(now=self.clock())
            return engine.dispatcher.turn(0) or not engine.dispatcher.is_idle
        except RunLost:
            self.engine = None
        except Died:
            self.the_worker_is_dead()
        return True

    def leaves(self) -> None:
        """In the worker: an orderly end, as after SIGTERM."""
        engine = self.engine
        if engine is None:
            return
        self.stretch += 1
        try:
            engine.dispatcher.stop()
            give_back_forgotten(engine.run, now=self.clock())
            give_up_slot(engine.run)
            while not engine.dispatcher.is_idle:
                engine.dispatcher.turn(0)
            end_run(engine.run, because="handed_over", now=self.clock())
            rescue(engine.run, now=self.clock())
            self.engine = None
        except Died:
            self.the_worker_is_dead()

    def a_new_engine(self) -> Engine:
        self.engine = Engine(self.clock, doors=self.sink.doors(self.clock))
        return self.engine

    def the_worker_is_dead(self) -> None:
        """All that it had in mind is gone; what was under way is in doubt. Others notice after a while."""
        if self.engine is not None:
            self.in_doubt += self.engine.dispatcher.ready.in_doubt(self.stage.page.pk)
            self.engine.close()
        self.engine, self.fate.is_dead = None, False
        self.clock.forward(seconds=DEAD_AFTER.total_seconds() + 1)


def a_long_day(stage: Stage, fate: Fate) -> Life:
    """Four people, a pause and an edit around messages in hand, receipts, one who leaves, two changes of worker."""
    life = Life(stage, fate, parts=(3, 2))
    with life.is_watched():
        life.surely(lambda: subscribe(life.fresh(), life.people, now=life.clock(), actor=SYSTEM))
        life.works(turns=1)
        life.surely(lambda: pause_sequence(life.fresh(), now=life.clock(), actor=SYSTEM))
        life.surely(life.the_provider_calls)
        life.works(turns=1)
        life.surely(life.an_edit)
        life.surely(lambda: resume_sequence(life.fresh(), now=life.clock(), actor=SYSTEM))
        life.works(turns=2)
        life.surely(lambda: unsubscribe(life.fresh(), [life.dora], now=life.clock(), actor=SYSTEM))
        life.works(turns=1)
        life.leaves()
        life.works_until_all_is_done()
        life.leaves()
    return life


def a_short_day(stage: Stage, fate: Fate) -> Life:
    """The same people in the hands of one worker, which is asked to leave in the middle, and of the next one."""
    life = Life(stage, fate, parts=(2, 1), keeps_house_often=False)
    with life.is_watched():
        life.surely(lambda: subscribe(life.fresh(), life.people, now=life.clock(), actor=SYSTEM))
        life.works(turns=1)
        life.leaves()
        life.works_until_all_is_done()
    life.leaves()
    return life


def check(life: Life) -> Counter[str]:
    """At the end: nothing twice, in order, nothing lost, little in doubt; the states."""
    deliveries = list(Delivery.objects.filter(subscription__sequence=life.sequence).order_by("pk"))
    rows = {row.pk: row for row in deliveries}
    keys = [one.key for one in life.sink.taken]
    shown = SandboxMessage.objects.filter(contact=life.cleo, direction="to_contact").order_by("pk")
    keys += shown.values_list("key", flat=True)
    _once(keys)
    positions = {step.pk: step.position for step in life.sequence.steps.all()}
    came = [(rows[int(key.split(".")[0])], int(key.split(".")[1])) for key in keys]
    for person in life.people:
        theirs = [(positions[row.step_id], part) for row, part in came if row.contact_id == person.pk]
        assert theirs == sorted(theirs), f"out of order: {theirs}"
    for row in deliveries:
        _accounted_for(row, [part for one, part in came if one.pk == row.pk], life.parts[positions[row.step_id]], life)
    _nobody_forgotten(life, deliveries)
    states = Counter(row.state for row in deliveries)
    assert states["unknown"] <= life.in_doubt, f"{states} with {life.in_doubt} under way at the deaths"
    return states


def _once(keys: Sequence[str]) -> None:
    assert [key for key, times in Counter(keys).items() if times > 1] == []


def _accounted_for(row: Delivery, parts: list[int], length: int, life: Life) -> None:
    if row.state == "unknown":
        assert row.contact_id != life.cleo.pk, "the sandbox knows its keys: nothing there is ever in doubt"
        assert parts in (list(range(row.parts_done)), list(range(row.parts_done + 1)))
        assert row.reason
    elif row.contact_id == life.dora.pk:
        assert parts == list(range(row.parts_done))  # she left in the middle
    else:
        assert (row.state in ("sent", "delivered", "read"), parts) == (True, list(range(length))), row.state


def _nobody_forgotten(life: Life, deliveries: Sequence[Delivery]) -> None:
    subscriptions = list(Subscription.objects.filter(sequence=life.sequence))
    assert len(subscriptions) == len(life.people)
    for row in subscriptions:
        theirs = [delivery for delivery in deliveries if delivery.subscription_id == row.pk]
        if row.contact_id == life.dora.pk:
            assert row.state in ("stopped", "completed")
        else:
            assert (row.state, len(theirs)) == ("completed", len(life.parts))
        assert (row.run_id, row.next_send_at) == (None, None)
