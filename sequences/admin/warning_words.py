"""Warnings about content as sentences, above the page that was just saved."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from sequences.content_warnings import ContentWarning, warnings_of
from sequences.models import SubFlow

MOST_SAID = 8

WORDS: dict[str, Promise] = {
    "text_empty": _("a text is empty"),
    "text_too_long": _("the text is longer than %(limit)s characters"),
    "url_invalid": _("the web address cannot be used"),
    "caption_unsupported": _("a caption is not possible; write it as a text of its own"),
    "buttons_count": _("there may be 1 to %(limit)s buttons"),
    "quick_replies_count": _("there may be 1 to %(limit)s quick replies"),
    "label_empty": _("a button has no label"),
    "label_too_long": _("a button's label is longer than %(limit)s characters"),
    "payload_empty": _("a button answers with nothing"),
    "payload_too_long": _("the word behind a button is longer than %(limit)s characters"),
    "template_missing": _("it has no template of this name and language"),
    "template_pending": _("the template waits for approval"),
    "template_rejected": _("the template was rejected"),
    "template_paused": _("the template is paused by the provider"),
    "template_disabled": _("the template is no longer usable"),
    "template_parameters": _("the template takes another number of parameters"),
}


def say_what_will_not_go(
    request: HttpRequest, sub_flows: Iterable[tuple[str, SubFlow]], channels: list[Channel]
) -> None:
    """A message on the next page for each thing that a channel cannot send; `sub_flows` come with their places."""
    said = [sentence(where, warning) for where, row in sub_flows for warning in warnings_of(row, channels)]
    said = list(dict.fromkeys(said))
    for one in said[:MOST_SAID]:
        messages.warning(request, one)
    if len(said) > MOST_SAID:
        messages.warning(request, gettext("And %(count)s more of this kind.") % {"count": len(said) - MOST_SAID})


def sentence(where: str, warning: ContentWarning) -> str:
    """`where` names the message of a sequence, or is empty on the page of the sub-flow itself."""
    words = {"channel": warning.channel.name, "why": _why(warning), "block": warning.block}
    if warning.block:
        told = gettext("Block %(block)s cannot go out through “%(channel)s”: %(why)s.") % words
    else:
        told = gettext("After 24 hours it will not go out through “%(channel)s”: %(why)s.") % words
    return f"{where}: {told}" if where else told


def _why(warning: ContentWarning) -> str:
    words = WORDS.get(warning.code)
    return str(words) % {"limit": warning.limit} if words else warning.code
