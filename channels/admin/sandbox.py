"""The sandbox chat: see what a sandbox contact sees, and answer as them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.actions.answer_in_sandbox import answer_in_sandbox
from channels.admin.sandbox_bubbles import bubble, payload_at
from channels.models import Contact, SandboxMessage
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.site import site

MOST_PEOPLE = 100
MOST_MESSAGES = 100
# A message with a lower number may become visible after one with a higher: look a little back.
LOOK_BACK = 50


def sandbox(request: HttpRequest, contact_id: int | None = None) -> HttpResponse:
    """The people on the left, the chosen one's chat on the right."""
    people = _people(request)
    chosen = _contact(request, contact_id) if contact_id else _latest(people) or people.first()
    context = {
        **site.each_context(request),
        "title": _("Sandbox chat"),
        "people": people.select_related("channel")[:MOST_PEOPLE],
        "contact": chosen,
        "bubbles": _bubbles(chosen) if chosen else [],
        "answer_address": _answer_address(chosen) if chosen else "",
        "may_add": access_to(request).may_change(Contact),
    }
    return TemplateResponse(request, "channels/sandbox.html", context)


def sandbox_messages(request: HttpRequest, contact_id: int) -> HttpResponse:
    """What came since `after`, as ready bubbles; the page drops the ones that it shows already."""
    contact = _contact(request, contact_id)
    after = request.GET.get("after", "0")
    number = number_of(after) or 0
    address = _answer_address(contact)
    new = [
        {
            "id": each["id"],
            "html": render_to_string("channels/bubble.html", {"bubble": each, "answer_address": address}, request),
        }
        for each in _bubbles(contact, after=max(0, number - LOOK_BACK))
    ]
    return JsonResponse({"messages": new}, headers={"Cache-Control": "no-store"})


def sandbox_answer(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Answer as the person: by text, or by a tap on a button of a message that they were shown."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    contact = _contact(request, contact_id)
    text, payload = request.POST.get("text", "").replace("\x00", "").strip(), ""
    if "message" in request.POST:
        text, payload = _tapped(contact, request.POST["message"], request.POST.get("button", ""))
    if text:
        answer_in_sandbox(contact, text, payload=payload, now=timezone.now(), actor=actor_of(request))
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"taken": bool(text)})
    return HttpResponseRedirect(reverse("admin:sandbox_chat", args=[contact.pk]))


def _people(request: HttpRequest) -> QuerySet[Any]:
    """Sandbox contacts of this workspace; editors only, for whoever answers here changes what people get."""
    access = access_to(request)
    if not access.may_change(Contact):
        raise PermissionDenied
    return visible(Contact.objects.all(), access.workspace).filter(channel__kind="sandbox").order_by("first_name", "pk")


def _latest(people: QuerySet[Any]) -> Contact | None:
    """Whoever was shown or said something last."""
    message = (
        SandboxMessage.objects.filter(contact__in=people).select_related("contact__channel").order_by("-pk").first()
    )
    return message.contact if message else None


def _contact(request: HttpRequest, contact_id: int) -> Contact:
    contact: Contact | None = _people(request).filter(pk=contact_id).select_related("channel").first()
    if contact is None:
        raise Http404
    return contact


def _answer_address(contact: Contact) -> str:
    return reverse("admin:sandbox_answer", args=[contact.pk])


def _bubbles(contact: Contact, after: int = 0) -> list[dict[str, Any]]:
    """The latest messages of the chat, oldest first."""
    messages = SandboxMessage.objects.filter(workspace=contact.workspace_id, contact=contact, pk__gt=after)
    return [bubble(message) for message in reversed(messages.order_by("-pk")[:MOST_MESSAGES])]


def _tapped(contact: Contact, message_id: str, place: str) -> tuple[str, str]:
    shown = SandboxMessage.objects.filter(workspace=contact.workspace_id, contact=contact)
    message = shown.filter(pk=number_of(message_id) or 0).first()
    tap = payload_at(message, place) if message else None
    if tap is None:
        raise Http404
    return tap


site.add_page("sandbox/", sandbox, "sandbox")
site.add_page("sandbox/<int:contact_id>/", sandbox, "sandbox_chat")
site.add_page("sandbox/<int:contact_id>/messages/", sandbox_messages, "sandbox_messages")
site.add_page("sandbox/<int:contact_id>/answer/", sandbox_answer, "sandbox_answer")
