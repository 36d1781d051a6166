"""The help page's three examples as recipes to start from, in the language that is active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any

from django.utils.translation import gettext as _

from channels.messages import ContentType
from sequences.rules.timing import weekday_mask

EVENT, FEEDBACK, CART = "event", "feedback", "cart"
# Stands in a button's action for the sequence that is made: its id is known only then.
ITSELF = "itself"
OFFICE_HOURS: dict[str, Any] = {"window_start": time(9), "window_end": time(18)}
WORKDAYS: dict[str, Any] = {"weekdays": weekday_mask(["mon", "tue", "wed", "thu", "fri"])}
EVENT_UPDATE: dict[str, Any] = {"content_type": ContentType.CONFIRMED_EVENT_UPDATE.value}

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecipeMessage:
    """A message and the sub-flow made for it; `settings` are fields of StepDraft, `when` says them in words."""

    name: str
    when: str
    blocks: list[Block]
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    key: str
    icon: str
    name: str
    purpose: str
    messages: tuple[RecipeMessage, ...]
    stop_on_reply: bool = False


def recipes() -> list[Recipe]:
    """All of them, in the order of the help page."""
    return [_event(), _feedback(), _cart()]


def recipe(key: str) -> Recipe | None:
    return next((one for one in recipes() if one.key == key), None)


def _event() -> Recipe:
    confirmed = _('Hello {{ first_name|default:"there" }}, you are registered. We look forward to seeing you!')
    reminder = _('{{ first_name|default:"Hello" }}, a small reminder: it is soon. Can we help you with anything?')
    replies: list[Block] = [
        {"label": _("I am coming"), "action": {"action": "add_tag", "tag": _("coming")}},
        {"label": _("I have a question"), "payload": "question"},
        {"label": _("I cannot come"), "action": {"action": "unsubscribe", "sequence": ITSELF}},
    ]
    return Recipe(
        EVENT,
        "event",
        _("Event follow-up"),
        _("A confirmation as soon as somebody registers, then a reminder that offers help."),
        (
            RecipeMessage(_("Confirmation"), _("at once"), [{"type": "text", "text": confirmed}], {**EVENT_UPDATE}),
            RecipeMessage(
                _("Reminder"),
                _("1 day later, between 09:00 and 18:00"),
                [{"type": "quick_replies", "text": reminder, "replies": replies}],
                {**EVENT_UPDATE, **OFFICE_HOURS, "delay_amount": 1, "delay_unit": "days"},
            ),
        ),
    )


def _feedback() -> Recipe:
    question = _('Hello {{ first_name|default:"there" }}, we talked earlier. How was it for you?')
    replies: list[Block] = [
        {"label": _("Very good"), "action": {"action": "add_tag", "tag": _("happy")}},
        {"label": _("It was all right"), "payload": "all-right"},
        {"label": _("Not so good"), "action": {"action": "add_tag", "tag": _("call back")}},
    ]
    return Recipe(
        FEEDBACK,
        "rate_review",
        _("Customer feedback"),
        _("Asks for a word about two hours after somebody talked to you, and stops as soon as they answer."),
        (
            RecipeMessage(
                _("How was it?"),
                _("2 hours later"),
                [{"type": "quick_replies", "text": question, "replies": replies}],
                {"delay_amount": 2, "delay_unit": "hours"},
            ),
            RecipeMessage(
                _("If nobody answered"),
                _("18 hours later, between 09:00 and 18:00"),
                [{"type": "text", "text": _("We would still love to hear from you: one word is enough.")}],
                {**OFFICE_HOURS, "delay_amount": 18, "delay_unit": "hours"},
            ),
        ),
        stop_on_reply=True,
    )


def _cart() -> Recipe:
    text = _(
        '{{ first_name|default:"Hello" }}, {{ fields.cart|default:"something" }} is still in your cart. '
        "With the code WELCOME10 it costs 10 % less until Sunday."
    )
    buttons: list[Block] = [
        {"label": _("Back to my cart"), "url": "https://www.example.com/cart"},
        {"label": _("No, thank you"), "action": {"action": "unsubscribe", "sequence": ITSELF}},
    ]
    last = _("The code WELCOME10 ends on Sunday. Shall we keep your cart for you?")
    return Recipe(
        CART,
        "sell",
        _("Coupon after an abandoned cart"),
        _("A coupon when somebody put something into their cart and did not order for a while."),
        (
            RecipeMessage(
                _("The coupon"),
                _("3 hours later, on weekdays between 09:00 and 18:00"),
                [{"type": "buttons", "text": text, "buttons": buttons}],
                {**OFFICE_HOURS, **WORKDAYS, "delay_amount": 3, "delay_unit": "hours"},
            ),
            RecipeMessage(
                _("Last call"),
                _("1 day later; it waits until they write where the 24-hour rule forbids it"),
                [{"type": "text", "text": last}],
                {**OFFICE_HOURS, **WORKDAYS, "delay_amount": 1, "delay_unit": "days", "outside_reply_window": "hold"},
            ),
        ),
    )
