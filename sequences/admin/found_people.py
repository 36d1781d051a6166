"""Contacts by what somebody types: one search for every page, as quick however many there are."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace

MOST_SEARCHED = 20_000
MOST_WORDS = 5


def found_people(workspace: Workspace | int, words: str, *, most: int) -> list[Contact]:
    """Newest first: those of the newest MOST_SEARCHED whose name or address holds each of the words, and whoever has
    exactly this address, however old. Without a word, the newest.
    """
    if "\x00" in words:
        return []
    mine: Any = visible(Contact.objects.select_related("channel"), workspace).order_by("-pk")
    channels = visible(Channel.objects.all(), workspace).values("pk")
    exact = mine.filter(channel__in=channels, address=words.strip())[:most] if words.strip() else []
    named = mine.filter(pk__in=mine.order_by("-pk").values("pk")[:MOST_SEARCHED])
    for word in words.split()[:MOST_WORDS]:
        named = named.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(address__icontains=word))
    return list({one.pk: one for one in [*exact, *named[:most]]}.values())[:most]
