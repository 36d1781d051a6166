"""Each of WhatsApp's error rows, in an answer and told later: one consequence."""

from __future__ import annotations

import pytest

from channels.backends import backend_for
from channels.backends.whatsapp_errors import MEANINGS, told_later
from channels.content import Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactBusy,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Answer, Outgoing
from tests.channels.samples.meta import refused

WHATSAPP = backend_for("whatsapp")

# code: the consequence, and the word that goes with it
ROWS: dict[int, tuple[type[ChannelError], str]] = {
    0: (ChannelMisconfigured, "credentials_refused"),
    190: (ChannelMisconfigured, "credentials_refused"),
    3: (ChannelMisconfigured, "credentials_refused"),
    10: (ChannelMisconfigured, "credentials_refused"),
    200: (ChannelMisconfigured, "credentials_refused"),
    299: (ChannelMisconfigured, "credentials_refused"),
    131005: (ChannelMisconfigured, "credentials_refused"),
    4: (ChannelTrouble, ""),
    80007: (ChannelTrouble, ""),
    130429: (ChannelTrouble, ""),
    131056: (ContactBusy, ""),
    131048: (ChannelMisconfigured, "account_restricted"),
    131064: (ChannelMisconfigured, "account_restricted"),
    368: (ChannelMisconfigured, "account_restricted"),
    131031: (ChannelMisconfigured, "account_restricted"),
    130497: (MessageRejected, ""),
    131047: (WindowClosed, ""),
    131026: (ContactUnreachable, ""),
    131050: (ContactGone, "opted_out"),
    131049: (ContactBusy, ""),
    130472: (MessageRejected, ""),
    131021: (ContactGone, "contact_gone"),
    131030: (ContactGone, "contact_gone"),
    131000: (TemporaryFailure, ""),
    131016: (TemporaryFailure, ""),
    1: (TemporaryFailure, ""),
    2: (TemporaryFailure, ""),
    131057: (TemporaryFailure, ""),
    131008: (MessageRejected, ""),
    131009: (MessageRejected, ""),
    100: (MessageRejected, ""),
    33: (MessageRejected, ""),
    131051: (MessageRejected, ""),
    131062: (MessageRejected, ""),
    131053: (TemporaryFailure, ""),
    131052: (TemporaryFailure, ""),
    131042: (ChannelMisconfigured, "account_restricted"),
    132000: (MessageRejected, ""),
    132001: (MessageRejected, ""),
    132005: (MessageRejected, ""),
    132007: (MessageRejected, ""),
    132008: (MessageRejected, ""),
    132012: (MessageRejected, ""),
    132015: (MessageRejected, ""),
    132016: (MessageRejected, ""),
    133016: (ChannelMisconfigured, "credentials_refused"),
    131045: (ChannelMisconfigured, "credentials_refused"),
    613: (ChannelTrouble, ""),
    999999: (MessageRejected, ""),  # one that nobody knows
}


def read(answer: Answer) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        WHATSAPP.read(answer, Outgoing(Text("hi"), "7.0"))
    return caught.value


def test_the_table_has_every_row_of_whatsapps_own() -> None:
    own = {code for code, _ in MEANINGS if 130_000 <= code < 140_000}
    assert own <= ROWS.keys()


@pytest.mark.parametrize("code", ROWS)
@pytest.mark.parametrize("status", [200, 400, 403])
def test_each_code_has_its_consequence_whatever_the_status(code: int, status: int) -> None:
    error = read(refused(code, status=status, error_data={"details": "秘密 33612345678"}))
    assert (type(error), getattr(error, "because", "")) == ROWS[code]
    assert "33612345678" not in error.detail
    assert str(code) in error.detail


@pytest.mark.parametrize("code", ROWS)
def test_what_is_told_later_means_the_same(code: int) -> None:
    error = told_later([{"title": "错误"}, "x", {"code": code, "title": "错误", "error_data": {"details": "错误"}}])
    assert (type(error), getattr(error, "because", "")) == ROWS[code]


@pytest.mark.parametrize("errors", [None, [], "x", [None], [{"code": []}], {"code": 131026}])
def test_a_failure_without_a_code_is_one_all_the_same(errors: object) -> None:
    assert type(told_later(errors)) is MessageRejected


def test_whoever_got_enough_of_it_is_left_in_peace_for_a_day() -> None:
    error = read(refused(131049))
    assert isinstance(error, ContactBusy)
    assert error.wait.days == 1


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"messages": []}', b'{"messages": [{}]}', b'{"messages": ["x"]}', b'{"messages": [{"id": ""}]}'],
)
def test_taken_without_an_id_is_in_doubt(body: bytes) -> None:
    assert isinstance(read(Answer(200, body=body)), OutcomeUnknown)
