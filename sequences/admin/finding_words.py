"""What a channel cannot express, in words: the same on the phone, at a field, and above the page that was saved."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.backends import Backend
from channels.backends.limits import Limit, Unit
from sequences.sentences import sentence

# By the codes of channels/backends/limits.py and sequences/content_warnings.py; %(limit)s is how much the kind takes.
WORDS: dict[str, Promise] = {
    "unsupported": _("this kind of block is not possible"),
    "text_empty": _("a text is empty"),
    "text_too_long": _("the text is longer than %(limit)s characters"),
    "url_invalid": _("the web address cannot be used"),
    "caption_too_long": _("the caption is longer than %(limit)s characters"),
    "caption_unsupported": _("a caption is not possible; write it as a text of its own"),
    "buttons_count": _("there may be 1 to %(limit)s buttons"),
    "address_button_alone": _("a button with an address must be the only one"),
    "quick_replies_count": _("there may be 1 to %(limit)s quick replies"),
    "label_empty": _("a button has no label"),
    "label_too_long": _("a button's label is longer than %(limit)s characters"),
    "payload_empty": _("a button answers with nothing"),
    "answers_unsupported": _("a button can only open a web address here"),
    "payload_too_long": _("the word behind a button is longer than %(limit)s characters"),
    "sub_flow_missing": _("the sub-flow has no reference"),
    "lives_elsewhere": _("the sub-flow lives in another channel and has no blocks"),
    "gone_there": _("the sub-flow is not in the list there any more"),
    "template_missing": _("it has no template of this name and language"),
    "template_pending": _("the template waits for approval"),
    "template_rejected": _("the template was rejected"),
    "template_paused": _("the template is paused by the provider"),
    "template_disabled": _("the template is no longer usable"),
    "template_parameters": _("the template takes another number of parameters"),
}
# Of a text whose bytes of UTF-8 the provider counts.
IN_BYTES = _("the text is longer than %(limit)s bytes; accented letters count twice, most emoji four times")


def why_not(code: str, limit: int | str | None, backend: Backend) -> str:
    """Half a sentence, to stand behind a colon."""
    counts_bytes = code == "text_too_long" and Limit(int(limit or 0), Unit.BYTES) == backend.capabilities.limits.text
    words = IN_BYTES if counts_bytes else WORDS.get(code)
    return str(words) % {"limit": limit} if words else sentence("unsupported").rstrip(".")


def finding_sentence(code: str, most: int | None, backend: Backend) -> str:
    """What a kind cannot express, naming it."""
    return gettext("%(channel)s: %(why)s.") % {"channel": backend.label, "why": why_not(code, most, backend)}
