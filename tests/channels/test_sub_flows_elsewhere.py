"""Sub-flows that live at UChat and ManyChat: listed over several pages, taken over, sent, and refused aloud.

The article's three examples, with the people's own words told by interactions/ as their flow would tell them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.refresh_sub_flows import refresh_sub_flows
from channels.backends.questions import ProviderSubFlow, SubFlowPage
from channels.errors import ChannelError, ChannelMisconfigured, ChannelTrouble
from channels.models import Channel, Contact, ExternalSubFlow
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.bulk_contacts import People
from sequences.actions.elsewhere import gone_there, take_over
from sequences.models import Delivery, Sequence, SubFlow, Subscription
from sequences.rules.bulk_lines import Line
from tests.actions.cast import delivery_of, enter, hours, interacts, states_of
from tests.actions.conftest import clock, engine
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles import manychat as manychat_double
from tests.doubles import uchat as uchat_double
from tests.doubles.manychat import ManyChatDouble
from tests.doubles.uchat import UChatDouble
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
pytestmark = pytest.mark.django_db

NAMES = ("Inscription confirmée", "Rappel de l'événement", "Votre avis", "Coupon du panier")
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class There:
    """A provider's double with the four sub-flows of the article's examples, and a channel that talks to it."""

    double: Any
    channel: Channel
    references: dict[str, str]
    person: str

    def bound(self, name: str) -> SubFlow:
        there = ExternalSubFlow.objects.get(channel=self.channel, name=name)
        return take_over(there, now=self.channel.created_at, actor=SYSTEM)

    def another(self, number: int) -> str:
        """The id of somebody else whom the provider knows."""
        address = f"f190385u{number}" if self.channel.kind == "uchat" else str(number)
        self.double.people[address] = ""
        return address

    def sent(self) -> list[str]:
        """The names of what was accepted, in order."""
        by_reference = {reference: name for name, reference in self.references.items()}
        return [by_reference[one.get("sub_flow_ns") or one["flow_ns"]] for one in self.double.accepted]


@pytest.fixture(params=["uchat", "manychat"])
def there(request: pytest.FixtureRequest) -> Iterator[There]:
    known = {"uchat": (UChatDouble, uchat_double), "manychat": (ManyChatDouble, manychat_double)}
    make, module = known[request.param]
    with make() as double:
        yield _there(double, request.param, module)


def _there(double: Any, kind: str, module: Any) -> There:
    references = {name: f"f190385s{number}" for number, name in enumerate(NAMES)}
    if kind == "uchat":
        double.sub_flows = {reference: name for name, reference in references.items()}
    else:
        references = {name: f"content20260531175501_{number}" for number, name in enumerate(NAMES)}
        double.flows = {reference: (name, 5) for name, reference in references.items()}
        double.folders = [{"id": 5, "name": "Séquences", "parent_id": None}]
    settings = {"base_url": double.base_url, "sends_per_second": 10_000}
    channel = a_channel(a_workspace(), kind, module.CREDENTIALS, settings=settings)
    return There(double, channel, references, module.ANN)


@pytest.fixture
def read(there: There, clock: Clock) -> There:
    refresh_sub_flows(there.channel, now=clock(), actor=SYSTEM)
    return there


def test_the_articles_three_examples_go_out_as_sub_flows_that_live_there(
    read: There, engine: Engine, clock: Clock
) -> None:
    """The confirmation at once and a reminder a day later; the opinion two hours on; the coupon after a while."""
    workspace, update = read.channel.workspace, {"content_type": "confirmed_event_update"}
    event = a_sequence(
        workspace,
        [
            {"sub_flow": read.bound(NAMES[0]), **update},
            {"sub_flow": read.bound(NAMES[1]), **update, "delay_unit": "days", "delay_amount": 1},
        ],
        name="Suivi de l'événement",
    )
    opinion = a_sequence(workspace, [{"sub_flow": read.bound(NAMES[2]), **hours(2)}], name="Obtenir un retour client")
    coupon = a_sequence(workspace, [{"sub_flow": read.bound(NAMES[3]), **hours(5)}], name="Envoyer des coupons")
    flow = Program(workspace)
    person = {"channel": read.channel.public_id, "address": read.person, "first_name": "Léa"}
    told = flow.post("interactions/", {"contact": person, "kind": "message", "at": clock().isoformat()})
    assert told.status_code == 200, told.content
    for sequence in (event, opinion, coupon):
        enter(sequence, Contact.objects.get(), now=clock())
    engine.follow_the_plan(clock() + timedelta(days=2))
    assert read.sent() == [NAMES[0], NAMES[2], NAMES[3], NAMES[1]]
    assert set(states_of(Contact.objects.get())) == {("sent", "")}
    whom = {one.get("user_ns") or one["subscriber_id"] for one in read.double.accepted}
    assert whom == {read.person if read.channel.kind == "uchat" else int(read.person)}
    assert set(Subscription.objects.values_list("state", flat=True)) == {"completed"}


@pytest.mark.once("sqlite")
def test_a_default_message_waits_for_the_persons_word_and_goes_within_its_24_hours(
    read: There, engine: Engine, clock: Clock
) -> None:
    held = {"sub_flow": read.bound(NAMES[2]), "outside_reply_window": "hold"}
    ann = a_contact(read.channel, read.person, last_interaction_at=clock() - timedelta(hours=25))
    enter(a_sequence(read.channel.workspace, [held]), ann, now=clock())
    engine.settle()
    assert read.double.accepted == []
    clock.forward(hours=1)
    interacts(ann, clock())
    engine.settle()
    assert read.sent() == [NAMES[2]]


@pytest.mark.once("sqlite")
def test_without_the_24_hour_rule_everything_goes_and_the_provider_decides(
    read: There, engine: Engine, clock: Clock
) -> None:
    read.channel.settings["reply_window"] = False
    read.channel.save(update_fields=["settings"])
    ann = a_contact(read.channel, read.person)
    enter(a_sequence(read.channel.workspace, [{"sub_flow": read.bound(NAMES[0])}]), ann, now=clock())
    engine.settle()
    assert read.sent() == [NAMES[0]]


def test_a_list_of_several_pages_is_read_whole_and_kept_in_step(read: There, clock: Clock) -> None:
    channel, references = read.channel, read.references
    kept = ExternalSubFlow.objects.get(channel=channel, name=NAMES[1])
    if channel.kind == "uchat":
        read.double.longest_page, read.double.asked = 3, []
        read.double.sub_flows |= {f"f190385s{number}": f"More {number}" for number in range(100, 104)}
        read.double.sub_flows[references[NAMES[1]]] = "Rappel (nouveau)"
        del read.double.sub_flows[references[NAMES[0]]]
    else:
        read.double.flows |= {f"content{number}": (f"More {number}", None) for number in range(100, 104)}
        read.double.flows[references[NAMES[1]]] = ("Rappel (nouveau)", None)
        del read.double.flows[references[NAMES[0]]]
    assert refresh_sub_flows(channel, now=clock.forward(seconds=1), actor=SYSTEM) == 7
    if channel.kind == "uchat":
        assert read.double.asked == [1, 2, 3]
    names = set(ExternalSubFlow.objects.filter(channel=channel).values_list("name", flat=True))
    assert names == {"Rappel (nouveau)", *NAMES[2:], *(f"More {number}" for number in range(100, 104))}
    kept.refresh_from_db()
    assert (kept.name, kept.folder) == ("Rappel (nouveau)", "")


def test_what_was_removed_there_is_known_and_its_message_fails_with_the_reason(
    read: There, engine: Engine, clock: Clock
) -> None:
    stale, good = read.bound(NAMES[0]), read.bound(NAMES[1])
    never_read = a_sub_flow(
        read.channel.workspace, external_channel=a_channel(read.channel.workspace, "uchat"), external_reference="f1s1"
    )
    assert gone_there([stale, good, never_read, a_sub_flow(read.channel.workspace)]) == set()
    listed = read.double.sub_flows if read.channel.kind == "uchat" else read.double.flows
    del listed[read.references[NAMES[0]]]
    refresh_sub_flows(read.channel, now=clock.forward(seconds=1), actor=SYSTEM)
    assert gone_there([stale, good, never_read]) == {stale.pk}
    ann = a_contact(read.channel, read.person, last_interaction_at=clock())
    enter(a_sequence(read.channel.workspace, [{"sub_flow": stale}, {"sub_flow": good}]), ann, now=clock())
    engine.settle()
    assert states_of(ann) == [("failed", "content_rejected"), ("sent", "")]
    assert "unknown sub-flow" in Delivery.objects.get(state="failed").reason_details["detail"]


@pytest.mark.once("sqlite")
def test_nobody_ends_for_a_sub_flow_and_an_unknown_person_ends_alone(read: There, engine: Engine, clock: Clock) -> None:
    sequence = a_sequence(read.channel.workspace, [{"sub_flow": read.bound(NAMES[0])}])
    known = a_contact(read.channel, read.another(7), last_interaction_at=clock())
    stranger = a_contact(read.channel, read.another(8), last_interaction_at=clock())
    del read.double.people[stranger.address]
    enter(sequence, known, stranger, now=clock())
    engine.settle()
    ended = dict(Subscription.objects.values_list("contact_id", "ended_because"))
    assert ended == {known.pk: "completed", stranger.pk: "contact_gone"}


@pytest.mark.once("sqlite")
def test_a_reset_leaves_the_message_in_doubt_and_nothing_goes_twice(read: There, engine: Engine, clock: Clock) -> None:
    ann = a_contact(read.channel, read.person, last_interaction_at=clock())
    enter(a_sequence(read.channel.workspace, [{"sub_flow": read.bound(NAMES[0])}]), ann, now=clock())
    read.double.fault("reset")
    engine.settle()
    read.double.heal()
    engine.travel(days=2)
    assert (delivery_of(ann).state, len(read.double.accepted)) == ("unknown", 1)


@pytest.mark.once("sqlite")
def test_refused_credentials_pause_the_channel_and_resuming_sends_what_waited(
    read: There, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(read.channel, read.person, last_interaction_at=clock())
    enter(a_sequence(read.channel.workspace, [{"sub_flow": read.bound(NAMES[0])}]), ann, now=clock())
    read.double.will_answer(401, {"status": "error", "message": "Unauthorized"})
    engine.settle()
    read.channel.refresh_from_db()
    assert (read.channel.state, read.channel.paused_because) == ("paused", "credentials_refused")
    assert delivery_of(ann).state == "waiting"


@pytest.mark.once("sqlite")
def test_where_it_does_not_live_its_own_blocks_go_and_nothing_where_there_are_none(
    read: There, engine: Engine, clock: Clock
) -> None:
    workspace = read.channel.workspace
    elsewhere = a_contact(a_channel(workspace, settings={"reply_window": False}))
    with_blocks = a_sub_flow(
        workspace, "Sinon", external_channel=read.channel, external_reference=read.references[NAMES[0]]
    )
    without = read.bound(NAMES[1])
    enter(a_sequence(workspace, [{"sub_flow": with_blocks}, {"sub_flow": without}]), elsewhere, now=clock())
    engine.settle()
    assert states_of(elsewhere) == [("sent", ""), ("failed", "unsupported")]


@pytest.mark.once("sqlite")
def test_a_plain_text_of_ours_goes_as_a_text(read: There, engine: Engine, clock: Clock) -> None:
    ann = a_contact(read.channel, read.person, first_name="Léa", last_interaction_at=clock())
    step = {"sub_flow": a_sub_flow(read.channel.workspace, "Bonjour {{ first_name }}")}
    enter(a_sequence(read.channel.workspace, [step]), ann, now=clock())
    engine.settle()
    [sent] = read.double.accepted
    assert "Bonjour L" in str(sent)


def test_taking_over_twice_is_one_sub_flow_and_a_taken_name_is_numbered(read: There) -> None:
    mine = a_sub_flow(read.channel.workspace, name=NAMES[0])
    first, again = read.bound(NAMES[0]), read.bound(NAMES[0])
    assert first == again != mine
    assert (first.name, first.external_name) == (f"{NAMES[0]} (2)", NAMES[0])
    assert first.blocks == []


@pytest.mark.once("sqlite")
@pytest.mark.parametrize(("fault", "error"), [("refuse", ChannelTrouble), ("token", ChannelMisconfigured)])
def test_a_list_that_does_not_come_changes_nothing(
    read: There, clock: Clock, fault: str, error: type[ChannelError]
) -> None:
    if fault == "refuse":
        read.double.fault("refuse")
    else:
        read.double.will_answer(401, {"message": "Unauthenticated."})
    with pytest.raises(error):
        refresh_sub_flows(read.channel, now=clock.forward(seconds=1), actor=SYSTEM)
    assert ExternalSubFlow.objects.count() == len(NAMES)
    assert Channel.objects.get(pk=read.channel.pk).sub_flows_read_at == clock() - SECOND


@pytest.mark.once("sqlite")
def test_a_list_without_end_is_left_and_one_that_came_late_overwrites_nothing(there: There, clock: Clock) -> None:
    asked: list[object] = []

    def endless(ask: object) -> SubFlowPage:
        asked.append(ask)
        return SubFlowPage((ProviderSubFlow("f1s1", "x"),), str(len(asked)))

    with pytest.raises(ChannelError, match="more than 100 pages"):
        refresh_sub_flows(there.channel, now=clock(), actor=SYSTEM, ask=endless)
    assert (len(asked), ExternalSubFlow.objects.count()) == (100, 0)
    refresh_sub_flows(there.channel, now=clock() + SECOND, actor=SYSTEM)
    refresh_sub_flows(there.channel, now=clock(), actor=SYSTEM, ask=lambda ask: SubFlowPage(()))
    assert ExternalSubFlow.objects.count() == len(NAMES)


@pytest.mark.once("sqlite")
def test_the_connection_is_tested_by_what_only_a_good_token_is_shown(there: There, clock: Clock) -> None:
    finding = check_connection(there.channel, now=clock(), actor=SYSTEM)
    assert (finding.verdict, finding.found is not None) == (Verdict.CONNECTED, True)
    there.double.will_answer(401, {"message": "Unauthenticated."})
    assert check_connection(there.channel, now=clock(), actor=SYSTEM).verdict is Verdict.TOKEN_REFUSED


@pytest.mark.once("sqlite")
def test_an_address_that_nobody_has_there_is_refused_when_it_is_written(there: There) -> None:
    flow, sequence = Program(there.channel.workspace), a_sequence(there.channel.workspace)
    person = {"channel": there.channel.public_id, "address": "ann@example.com"}
    assert flow.refused(flow.post("contacts/", person)) == [("address", "invalid_format")]
    for path, more in (("interactions/", {"kind": "message"}), ("actions/subscribe-to-sequence/", _named(sequence))):
        refused = flow.refused(flow.post(path, {"contact": person, **more}))
        assert refused == [("contact.address", "invalid_format")]
    assert not Contact.objects.exists()


@pytest.mark.once("sqlite")
def test_a_bulk_job_makes_nobody_with_such_an_address(there: There, clock: Clock) -> None:
    people = People(there.channel.workspace_id, clock(), makes_unknown=True)
    lines = [Line(address=there.person), Line(address="ann@example.com")]
    good, wrong = people.of(lines, there.channel.pk)
    assert good == Contact.objects.get().pk
    assert isinstance(wrong, list)
    assert [(one.field, one.code) for one in wrong] == [("address", "invalid_format")]


def _named(sequence: Sequence) -> dict[str, str]:
    return {"sequence": sequence.public_id}


@pytest.mark.once("sqlite")
def test_a_closed_window_takes_the_steps_own_choice(engine: Engine, clock: Clock) -> None:
    """ManyChat knows it by itself, and answers so with HTTP 200 or 400; an approved template there passes."""
    with ManyChatDouble() as double:
        there = _there(double, "manychat", manychat_double)
        refresh_sub_flows(there.channel, now=clock(), actor=SYSTEM)
        double.people[there.person], double.through = "closed", {there.references[NAMES[1]]}
        update = {"content_type": "account_update"}
        steps = [{"sub_flow": there.bound(name), **update} for name in NAMES[:2]]
        ann = a_contact(there.channel, there.person, last_interaction_at=clock() - timedelta(hours=46))
        for is_200 in (True, False):
            double.errors_are_200 = is_200
            enter(a_sequence(there.channel.workspace, steps), ann, now=clock())
        engine.settle()
        assert sorted(states_of(ann)) == [("sent", "")] * 2 + [("skipped", "reply_window_closed")] * 2
