"""What the demonstration sends: the help page's three examples, in the language that is active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from django.utils.translation import gettext as _

from channels.messages import ContentType
from sequences.rules.timing import weekday_mask

EVENT, FEEDBACK, CART = "event", "feedback", "cart"
OFFICE_HOURS: dict[str, Any] = {"window_start": time(9), "window_end": time(18)}
WORKDAYS: dict[str, Any] = {"weekdays": weekday_mask(["mon", "tue", "wed", "thu", "fri"])}
EVENT_UPDATE: dict[str, Any] = {"content_type": ContentType.CONFIRMED_EVENT_UPDATE.value}

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """A step and the sub-flow made for it; `settings` are fields of StepDraft."""

    name: str
    sub_flow: str
    blocks: list[Block]
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DemoSequence:
    messages: tuple[DemoMessage, ...]
    stop_on_reply: bool = False


def sequence_names() -> dict[str, str]:
    """The sequences to make, before their messages can name them."""
    return {
        EVENT: _("Event follow-up"),
        FEEDBACK: _("Customer feedback"),
        CART: _("Coupon after an abandoned cart"),
    }


def sequences(ids: Mapping[str, str], picture: str) -> dict[str, DemoSequence]:
    """The messages of each; `ids` are the sequences' own, `picture` the address of an image."""
    return {
        EVENT: DemoSequence((_confirmation(picture), _anything_else(ids[FEEDBACK]), _reminder())),
        FEEDBACK: DemoSequence((_how_was_it(), _still_curious()), stop_on_reply=True),
        CART: DemoSequence((_coupon(ids[CART]), _last_call())),
    }


def _confirmation(picture: str) -> DemoMessage:
    blocks: list[Block] = [
        {"type": "image", "url": picture},
        {
            "type": "text",
            "text": _(
                'Hello {{ first_name|default:"there" }}, your seat is confirmed: '
                'the reading "Night trains" on {{ fields.event_day|default:"Thursday" }} at 19:00.'
            ),
        },
    ]
    return DemoMessage(_("Confirmation"), _("Reading: your seat"), blocks, EVENT_UPDATE)


def _anything_else(feedback: str) -> DemoMessage:
    ask_later = {"action": "subscribe", "sequence": feedback}
    buttons: list[Block] = [
        {"label": _("How to find us"), "url": "https://www.example.com/librairie-nord"},
        {"label": _("I bring a friend"), "action": {"action": "add_tag", "tag": _("brings a friend")}},
        {"label": _("Ask me afterwards how it was"), "action": ask_later},
    ]
    text = _("The doors open at 18:30, and there is tea. Anything else we can do for you?")
    blocks: list[Block] = [{"type": "buttons", "text": text, "buttons": buttons}]
    settings = {**EVENT_UPDATE, "delay_amount": 15, "delay_unit": "seconds"}
    return DemoMessage(_("A first follow-up"), _("Reading: anything else?"), blocks, settings)


def _reminder() -> DemoMessage:
    text = _(
        '{{ first_name|default:"Hello" }}, a small reminder: see you at the reading at 19:00. We look forward to it.'
    )
    settings = {**EVENT_UPDATE, **OFFICE_HOURS, "delay_amount": 1, "delay_unit": "days"}
    return DemoMessage(_("Reminder"), _("Reading: reminder"), [{"type": "text", "text": text}], settings)


def _how_was_it() -> DemoMessage:
    replies: list[Block] = [
        {"label": _("Very good"), "action": {"action": "add_tag", "tag": _("happy")}},
        {"label": _("It was all right"), "payload": "all-right"},
        {"label": _("Not so good"), "action": {"action": "add_tag", "tag": _("call back")}},
    ]
    text = _('Hello {{ first_name|default:"there" }}, we talked earlier today. How was it for you?')
    blocks: list[Block] = [{"type": "quick_replies", "text": text, "replies": replies}]
    settings = {"delay_amount": 2, "delay_unit": "hours"}
    return DemoMessage(_("Two hours after we talked"), _("Feedback: how was it?"), blocks, settings)


def _still_curious() -> DemoMessage:
    text = _("We would still love to hear from you: one word is enough.")
    settings = {**OFFICE_HOURS, "delay_amount": 18, "delay_unit": "hours"}
    blocks: list[Block] = [{"type": "text", "text": text}]
    return DemoMessage(_("If nobody answered"), _("Feedback: one word is enough"), blocks, settings)


def _coupon(cart: str) -> DemoMessage:
    no_more = {"action": "unsubscribe", "sequence": cart}
    buttons: list[Block] = [
        {"label": _("Back to my cart"), "url": "https://www.example.com/cart/{{ fields.cart_number }}"},
        {"label": _("No, thank you"), "action": no_more},
    ]
    text = _(
        '{{ first_name|default:"Hello" }}, {{ fields.cart|default:"your books" }} are still in your cart. '
        "With the code NORD5 they cost 5 euros less until Sunday."
    )
    settings = {**OFFICE_HOURS, **WORKDAYS, "delay_amount": 3, "delay_unit": "hours"}
    blocks: list[Block] = [{"type": "buttons", "text": text, "buttons": buttons}]
    return DemoMessage(_("The coupon"), _("Cart: coupon"), blocks, settings)


def _last_call() -> DemoMessage:
    text = _("The code NORD5 ends on Sunday. We keep your books aside until then.")
    settings = {**OFFICE_HOURS, **WORKDAYS, "delay_amount": 1, "delay_unit": "days", "outside_reply_window": "hold"}
    return DemoMessage(_("Last call"), _("Cart: last call"), [{"type": "text", "text": text}], settings)
