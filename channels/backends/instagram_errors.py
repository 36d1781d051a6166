"""Instagram's own rows of Meta's error codes (docs/providers/instagram.md); for every other, meta_errors.py."""

from __future__ import annotations

from channels.backends import meta_errors as meta

MEANINGS: dict[tuple[int, int | None], meta.Meaning] = {
    **meta.MEANINGS,
    (10, 2534077): meta.no_permission,  # the link to the Page is broken
    (100, 2534001): meta.unreachable,  # the conversation was deleted
    (100, 2534013): meta.no_permission,  # the link to the Page is broken
    (100, 2534014): meta.gone("contact_gone"),  # no such person
    (100, 2534015): meta.rejected,
    (100, 2534029): meta.restricted,  # the business is blocked
    (100, 2534037): meta.temporary_for_an_hour,  # another app controls the conversation
    (200, 2534041): meta.no_permission,  # the owner switched off the access to messages
    (613, 2534040): meta.trouble,
}
