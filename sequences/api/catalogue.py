"""GET actions/: what a flow builder can do here, with all it needs to draw the form."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.messages import SANE_OFFSET_MINUTES
from sequences.api.fields import AnyJson, AnyObject, Number, Text
from sequences.api.permissions import ACTIONS, READ
from sequences.api.shapes import Shape
from sequences.api.views import ApiView

GROUP = _("Basic actions")
LANGUAGES = ("en", "fr")
_TEXT = {"type": "string"}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_CONTACT = {
    "oneOf": [
        {
            "type": "object",
            "title": "By id",
            "properties": {"id": _TEXT},
            "required": ["id"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "title": "By channel and address",
            "properties": {
                "channel": _TEXT,
                "address": {"type": "string", "minLength": 1, "maxLength": 200},
                "first_name": {"type": ["string", "null"], "maxLength": 100},
                "last_name": {"type": ["string", "null"], "maxLength": 100},
                "language": {"type": ["string", "null"], "maxLength": 20},
                "time_zone": {"type": ["string", "null"], "examples": ["Europe/Paris"]},
                "utc_offset_minutes": {
                    "type": ["integer", "null"],
                    "minimum": SANE_OFFSET_MINUTES[0],
                    "maximum": SANE_OFFSET_MINUTES[-1],
                },
                "last_interaction_at": _MOMENT,
                "opted_out_at": _MOMENT,
                "tags": {"type": ["array", "null"], "items": _TEXT},
                "fields": {"type": ["object", "null"]},
            },
            "required": ["channel", "address"],
            "additionalProperties": False,
        },
    ]
}
INPUT_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"sequence": {"type": "string", "minLength": 1, "maxLength": 100}, "contact": _CONTACT},
    "required": ["sequence", "contact"],
    "additionalProperties": False,
}


class CatalogueEntry(Shape):
    key = Text()
    version = Number()
    group = Text(help_text="In English; `group_label` has all languages.")
    group_label = AnyObject()
    label = AnyObject()  # type: ignore[assignment]
    help = AnyObject()
    method = Text()
    path = Text()
    input_schema = AnyObject()
    choices = AnyObject(help_text="Where the choices of an input come from: a list of this API, its value and label.")
    example = AnyJson()


class CatalogueView(ApiView):
    scopes_to_read = (READ, ACTIONS)

    @extend_schema(responses=CatalogueEntry(many=True))
    def get(self, request: Request) -> Response:
        return Response([_subscribe(), _unsubscribe()])


def _subscribe() -> dict[str, Any]:
    return _entry(
        key="subscribe_to_sequence",
        label=_("Subscribe a user to a sequence"),
        help=_("They get the messages of the sequence, one after the other. Somebody who is in it already stays."),
        name="subscribe-to-sequence",
    )


def _unsubscribe() -> dict[str, Any]:
    return _entry(
        key="unsubscribe_from_sequence",
        label=_("Unsubscribe a user from a sequence"),
        help=_("The messages of the sequence that were not sent yet stay unsent."),
        name="unsubscribe-from-sequence",
    )


def _entry(*, key: str, label: Promise, help: Promise, name: str) -> dict[str, Any]:
    # Who is subscribed to a paused sequence waits in it: only drafts and archived ones take nobody.
    takers, channels = f"{reverse('sequence-list')}?state=active,paused", reverse("channel-list")
    with override("en"):
        group = str(GROUP)
    return {
        "key": key,
        "version": 1,
        "group": group,
        "group_label": _in_all_languages(GROUP),
        "label": _in_all_languages(label),
        "help": _in_all_languages(help),
        "method": "POST",
        "path": reverse(name),
        "input_schema": INPUT_SCHEMA,
        "choices": {
            "sequence": {"path": takers, "results": "results", "value": "id", "label": "name"},
            "contact.channel": {"path": channels, "results": "results", "value": "id", "label": "name"},
        },
        "example": {
            "sequence": "Welcome",
            "contact": {"channel": "chn_k3G7QAe5", "address": "7349", "first_name": "Ann", "time_zone": "Europe/Paris"},
        },
    }


def _in_all_languages(text: Promise) -> dict[str, str]:
    texts = {}
    for language in LANGUAGES:
        with override(language):
            texts[language] = str(text)
    return texts
