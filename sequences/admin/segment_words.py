"""What a text costs where it goes in segments, and which characters make it dearer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.backends import Backend
from channels.backends.segments import GSM_7, UCS_2, Segments

NAMED = 5  # more characters than that nobody looks for one by one


def segment_sentence(found: Segments, backend: Backend) -> str:
    """How many messages are paid for, and what would make them fewer."""
    said = ngettext("%(channel)s: %(count)s segment", "%(channel)s: %(count)s segments", found.count)
    words = said % {"channel": backend.label, "count": found.count}
    if not found.forced_by:
        room = ngettext("room for %(left)s character more", "room for %(left)s characters more", found.left)
        return f"{words}, {room % {'left': found.left}}"
    is_long = found.count > 1
    why = ngettext(
        "%(characters)s makes a segment hold %(fewer)s characters instead of %(usual)s",
        "%(characters)s make a segment hold %(fewer)s characters instead of %(usual)s",
        len(found.forced_by),
    )
    shown = {"characters": _listed(found.forced_by), "fewer": UCS_2[is_long], "usual": GSM_7[is_long]}
    return f"{words}, {why % shown}"


def _listed(characters: tuple[str, ...]) -> str:
    quoted = [_("“%(what)s”") % {"what": one if one.isprintable() else f"U+{ord(one):04X}"} for one in characters]
    return " ".join([*quoted[:NAMED], *(["…"] if len(quoted) > NAMED else [])])
