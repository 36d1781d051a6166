"""The phone beside the editor: for whom, on which kind of channel, and what is said at the fields meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from channels.backends import Backend, backend_for, kinds
from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, number_of
from sequences.admin.block_list import BlockList
from sequences.admin.block_notes import notes
from sequences.admin.phone import Bubble, Phone
from sequences.models import Sequence, SubFlow
from sequences.rules.placeholders import PlaceholderError, compile_text

NOBODY = "unknown"

Explain = Callable[[str, Mapping[str, Any]], Any]


class SampleFields(dict[str, Any]):
    """The fields of a made-up person: each is its own name, so that one sees where it will stand."""

    def get(self, key: str, default: Any = None) -> str:
        return f"‹{key.replace('_', ' ')}›"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose above the phone; anything unknown is the first kind and the made-up person."""

    kind: str = ""
    person: str = ""


def kinds_in_use(request: HttpRequest) -> list[Backend]:
    """The kinds of the workspace's channels, as the registry orders them; the sandbox where there is none yet."""
    mine = set(visible(Channel.objects.all(), access_to(request).workspace).values_list("kind", flat=True).distinct())
    return [backend_for(kind) for kind in kinds() if kind in mine] or [backend_for("sandbox")]


def person_values(request: HttpRequest, person: str) -> dict[str, Any]:
    """What texts know of the chosen person; somebody of another workspace is nobody here."""
    if person == NOBODY:
        return {}
    if (number := number_of(person)) is not None:
        contact = visible(Contact.objects.all(), access_to(request).workspace).filter(pk=number).first()
        if contact is not None:
            return dict(contact.placeholder_values())
    first, last = _("Léa"), _("Martin")
    language = get_language() or "en"
    return {"first_name": first, "last_name": last, "language": language, "fields": SampleFields()}


def writes_letters(request: HttpRequest) -> bool:
    """Whether a channel of the workspace heads its messages by a subject."""
    return any(backend.capabilities.letters for backend in kinds_in_use(request))


def phone_context(
    request: HttpRequest, shown: BlockList, choice: Choice, subject: str | None = None, sub_flow: SubFlow | None = None
) -> dict[str, Any]:
    """What the template of the phone needs; `subject` is shown where the kind has such a thing.

    A stored `sub_flow` that lives elsewhere is a line with its name on the kind of channel where it lives.
    """
    backends = kinds_in_use(request)
    backend = next((one for one in backends if one.kind == choice.kind), backends[0])
    sequences = visible(Sequence.objects.in_use(), access_to(request).workspace).only("pk", "name")
    names = {sequence.public_id: sequence.name for sequence in sequences}
    values = person_values(request, choice.person)
    origin = f"{request.scheme}://{request.get_host()}"
    bubbles = _there(backend, sub_flow) or Phone(backend, values, names, origin).bubbles(shown.blocks())
    workspace = access_to(request).workspace
    headed_by = _filled(subject or "", values) if backend.capabilities.letters else ""
    return {
        "subject": headed_by,
        "bubbles": bubbles,
        "backend": backend,
        "backends": backends,
        "values": values,
        "workspace": workspace,
    }


def _there(backend: Backend, sub_flow: SubFlow | None) -> list[Bubble]:
    place = sub_flow.external_channel if sub_flow else None
    if sub_flow is None or place is None or place.kind != backend.kind:
        return []
    said, name = _("Sub-flow that lives elsewhere:"), sub_flow.external_name or sub_flow.external_reference
    return [Bubble("action", f"{said} {name}", icon="link")]


def live_preview(
    request: HttpRequest,
    shown: BlockList,
    choice: Choice,
    explain: Explain,
    subject: str = "",
    sub_flow: SubFlow | None = None,
) -> dict[str, Any]:
    """The phone and the notes of a form that is being written; nothing is stored."""
    context = phone_context(request, shown, choice, subject, sub_flow)
    said = notes(shown, context["values"], context["backends"], explain)
    return {
        "phone": render_to_string("sequences/phone.html", context, request),
        "notes": [asdict(note) for note in said],
    }


def _filled(text: str, values: Mapping[str, Any]) -> str:
    try:
        return compile_text(text).fill(values)
    except PlaceholderError:
        return text
