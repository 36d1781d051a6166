"""The page behind the links of a mail: looking at it changes nothing, posting to it unsubscribes at once (RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.actions.opt_out import opt_out
from channels.letters import language_of
from channels.models import Contact
from channels.ways_out import read_way_out, way_out
from sequencer.workspaces.actor import Actor, ActorKind
from sequences.actions.same_person import inside, leave
from sequences.models import Sequence

BY_LINK = "unsubscribe link"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody before the page; `sequence` None: they want nothing more of this channel at all."""

    contact: Contact
    sequence: Sequence | None

    @property
    def is_done(self) -> bool:
        if self.sequence is None:
            return not self.contact.is_available or self.contact.erased_at is not None
        return not inside(self.sequence, self.contact).exists()

    def go(self, *, now: datetime) -> None:
        """Once more or twice: the effect is the same."""
        actor = Actor(ActorKind.CONTACT, id=self.contact.pk)
        if self.sequence is None:
            opt_out(self.contact, now=now, actor=actor, note=BY_LINK)
        else:
            leave(self.sequence, self.contact, now=now, actor=actor)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """The token is all the proof there is: no login, no cookie. 404 for one that is not ours."""
    leaving = leaving_by(token)
    if request.method == "POST" and leaving.contact.erased_at is None:
        leaving.go(now=timezone.now())
        leaving = leaving_by(token)
    # The person's own language where it is one of ours, else the browser's.
    of_browser = translation.get_language_from_request(request)
    with translation.override(language_of(leaving.contact.language, otherwise=of_browser)):
        settings = leaving.contact.channel.settings
        known = {
            "is_done": leaving.is_done,
            "is_of_one": leaving.sequence is not None,
            "sender": settings.get("sender_name") or settings.get("sender") or "",
            "opt_out_url": way_out(leaving.contact) if leaving.contact.is_available else "",
        }
        answer = render(request, "sequences/unsubscribe.html", known)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def leaving_by(token: str) -> Leaving:
    """Who a token of ours names, and what they leave; Http404 for everything else."""
    wish = read_way_out(token)
    if wish is None:
        raise Http404
    people = Contact.objects.filter(workspace=wish.workspace_id).select_related("channel")
    contact = people.filter(pk=wish.contact_id).first()
    if contact is None:
        raise Http404
    if not wish.list_id:
        return Leaving(contact, None)
    number = Sequence.public_id.parse(wish.list_id)
    sequence = Sequence.objects.filter(workspace=wish.workspace_id, pk=number or 0).first()
    if sequence is None:
        raise Http404
    return Leaving(contact, sequence)
