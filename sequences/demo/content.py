"""What the demonstration sends: the recipes, told by a bookshop, in the language that is active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from sequences.recipes.content import CART, EVENT, EVENT_UPDATE, FEEDBACK, Block, recipes


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
    return {recipe.key: recipe.name for recipe in recipes()}


def sequences(ids: Mapping[str, str], picture: str) -> dict[str, DemoSequence]:
    """The messages of each; `ids` are the sequences' own, `picture` the address of an image."""
    return {
        EVENT: DemoSequence((_confirmation(picture), _anything_else(ids[FEEDBACK]), _reminder())),
        FEEDBACK: DemoSequence(_feedback(), stop_on_reply=True),
        CART: DemoSequence((_coupon(ids[CART]), _last_call())),
    }


def _as_in_recipe(key: str, number: int, sub_flow: str, blocks: list[Block] | None = None) -> DemoMessage:
    """The recipe's message under its name and by its settings; with words of its own, or with the recipe's."""
    message = next(recipe for recipe in recipes() if recipe.key == key).messages[number]
    return DemoMessage(message.name, sub_flow, blocks or message.blocks, message.settings)


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
    return _as_in_recipe(EVENT, 0, _("Reading: your seat"), blocks)


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
    return _as_in_recipe(EVENT, 1, _("Reading: reminder"), [{"type": "text", "text": text}])


def _feedback() -> tuple[DemoMessage, DemoMessage]:
    return (
        _as_in_recipe(FEEDBACK, 0, _("Feedback: how was it?")),
        _as_in_recipe(FEEDBACK, 1, _("Feedback: one word is enough")),
    )


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
    return _as_in_recipe(CART, 0, _("Cart: coupon"), [{"type": "buttons", "text": text, "buttons": buttons}])


def _last_call() -> DemoMessage:
    text = _("The code NORD5 ends on Sunday. We keep your books aside until then.")
    return _as_in_recipe(CART, 1, _("Cart: last call"), [{"type": "text", "text": text}])
