"""What stands alike on many cards of a page is rendered for the first one, and repeated on the others."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import escape

register = template.Library()

# Stands for the card's prefix in what is kept.
PREFIX = "\ue000card\ue000"


class Alike(template.Node):
    """`alike` in the context is the page's own dict, `prefix` what the names of the card's fields begin with."""

    def __init__(self, keys: list[template.base.FilterExpression], nodelist: template.NodeList) -> None:
        self.keys, self.nodelist = keys, nodelist

    def render(self, context: template.Context) -> str:
        kept: dict[Any, str] = context["alike"]
        values = (self, *(key.resolve(context, ignore_failures=True) for key in self.keys))
        if values not in kept:
            with context.push(prefix=PREFIX):
                kept[values] = str(self.nodelist.render(context))
        return kept[values].replace(PREFIX, escape(context["prefix"]))


@register.tag
def alike(parser: template.base.Parser, token: template.base.Token) -> Alike:
    """`{% alike key... %}...{% endalike %}`: of the card, its content names these (hashable) and `prefix`, no more."""
    keys = [parser.compile_filter(key) for key in token.split_contents()[1:]]
    nodelist = parser.parse(("endalike",))
    parser.delete_first_token()
    return Alike(keys, nodelist)
