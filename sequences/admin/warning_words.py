"""Warnings about content as sentences, above the page that was just saved."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from channels.backends import KINDS
from channels.models import Channel
from sequences.admin.finding_words import why_not
from sequences.content_warnings import GONE_THERE, LIVES_ELSEWHERE, ContentWarning, warnings_of
from sequences.models import SubFlow

MOST_SAID = 8


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
    why = why_not(warning.code, warning.limit, KINDS[warning.channel.kind])
    words = {"channel": warning.channel.name, "why": why, "block": warning.block}
    if warning.code in (LIVES_ELSEWHERE, GONE_THERE):
        told = gettext("It cannot go out through “%(channel)s”: %(why)s.") % words
    elif warning.block:
        told = gettext("Block %(block)s cannot go out through “%(channel)s”: %(why)s.") % words
    else:
        told = gettext("After 24 hours it will not go out through “%(channel)s”: %(why)s.") % words
    return f"{where}: {told}" if where else told
