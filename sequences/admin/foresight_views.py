"""What the sequence form asks while somebody edits: nothing here stores anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from sequencer.workspaces.admin.requests import access_to
from sequences.actions.foresee_effect import foresee_effect
from sequences.actions.foresee_people import Share
from sequences.actions.save_sequence import SequenceDraft, check_draft, draft_of
from sequences.admin.effect_words import Consequence, consequence
from sequences.admin.foresight import Card, Panel, cards_of, late_by_card, panel_of, stored_cards
from sequences.admin.who_form import Choosers, WhoForm, choosers_of, people_named, stored_words, who_is_chosen
from sequences.models import Sequence, SequenceState
from sequences.rules.drafts import StepDraft
from sequences.rules.edited import count_changes

Context = dict[str, Any]


class ForesightViews:
    """Mixed into the admin of sequences."""

    admin_site: Any

    def foresight_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("foresee/", wrap(self.foresee_view), name="sequences_sequence_foresee_new"),
            path("<int:sequence_id>/foresee/", wrap(self.foresee_view), name="sequences_sequence_foresee"),
            path("who/", wrap(self.who_view), name="sequences_sequence_who"),
        ]

    def foresee_view(self, request: HttpRequest, sequence_id: int | None = None) -> HttpResponse:
        """Of the form as it was posted, saved or not: the timeline, the shares of each card, and the effect."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row(request, sequence_id)
        now = timezone.now()
        draft, cards, is_readable = self._posted(request, row)
        channel_ids = draft.channel_ids if draft else ()
        shares = late_by_card(cards, row, access_to(request).workspace, channel_ids, now=now)
        said = self.consequence_of(row, draft if is_readable else None, now=now)
        return JsonResponse(
            {
                "timeline": render_to_string(
                    "sequences/timeline.html", self.timeline_context(request, row, cards, now)
                ),
                "late": {key: late_words(share) for key, share in shares.items()},
                "effect": said.sentence,
                "changes": said.changes,
                "asks": said.asks,
                "may_spread": said.may_spread,
            },
            headers={"Cache-Control": "no-store"},
        )

    def who_view(self, request: HttpRequest) -> HttpResponse:
        """Contacts for the chooser of the panel, by name."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        found = people_named(access_to(request).workspace, request.GET.get("q", "").replace("\x00", "")[:200])
        now = timezone.now()
        people = [
            {"id": str(one.pk), "name": str(one), "channel": one.channel.name, "wrote": stored_words(one, now=now)}
            for one in found
        ]
        return JsonResponse({"people": people}, headers={"Cache-Control": "no-store"})

    def _row(self, request: HttpRequest, sequence_id: int | None) -> Sequence | None:
        if sequence_id is None:
            if not self.has_add_permission(request):  # type: ignore[attr-defined]
                raise PermissionDenied
            return None
        row: Sequence | None = self.get_object(request, str(sequence_id))  # type: ignore[attr-defined]
        if row is None or not self.has_view_permission(request, row):  # type: ignore[attr-defined]
            raise Http404
        return row

    def _posted(self, request: HttpRequest, row: Sequence | None) -> tuple[SequenceDraft | None, list[Card], bool]:
        """The draft on the page, its cards, and whether all of it can be read; a viewer's page is as it is stored."""
        if row is not None and not self.has_change_permission(request, row):  # type: ignore[attr-defined]
            stored = draft_of(row)
            return stored, stored_cards(stored.steps), True
        instance = row or Sequence(workspace=access_to(request).workspace)
        made = self.get_form(request, row, change=row is not None)  # type: ignore[attr-defined]
        form = made(request.POST, instance=instance)
        formsets, _inlines = self._create_formsets(request, instance, change=row is not None)  # type: ignore[attr-defined]
        form.is_valid()
        cards = cards_of(formsets[0], self.admin_site.explain)
        # A new sequence without a name is only not finished yet.
        unclear = set(form.errors) - ({"__all__"} if row else {"__all__", "name"})
        is_readable = all(card.draft is not None for card in cards) and not unclear
        return draft_from(form, cards), cards, is_readable

    def timeline_context(self, request: HttpRequest, row: Sequence | None, cards: list[Card], now: datetime) -> Context:
        choosers = self.choosers(request, row)
        stored = [(one, stored_words(one, now=now)) for one in choosers.people]
        return {"panel": self._panel(request, row, cards, choosers, now), "choosers": choosers, "stored": stored}

    def choosers(self, request: HttpRequest, row: Sequence | None) -> Choosers:
        form = WhoForm(request.POST if request.method == "POST" else {}, prefix="who")
        return choosers_of(form, access_to(request).workspace, row)

    def _panel(
        self, request: HttpRequest, row: Sequence | None, cards: list[Card], choosers: Choosers, now: datetime
    ) -> Panel | None:
        workspace = access_to(request).workspace
        who = who_is_chosen(choosers, workspace, row, now=now)
        try:
            return panel_of(cards, who, row, workspace, now=now)
        except OverflowError:
            return None

    def consequence_of(self, row: Sequence | None, draft: SequenceDraft | None, *, now: datetime) -> Consequence:
        """`draft` is None while something of it cannot be read."""
        before = draft_of(row) if row else SequenceDraft(name="", state="active")
        if draft is None:
            return Consequence(0, (), is_unclear=True)
        changes = count_changes(before, draft)
        if row is None and not all(step.sub_flow_id for step in draft.steps or (StepDraft(),)):
            return Consequence(changes, (), is_empty=True)
        is_plain = row is None or not changes or check_draft(draft) or draft.state not in SequenceState.values
        moves = before.steps != draft.steps or before.state != draft.state
        archived = len({step.id for step in before.steps} - {step.id for step in draft.steps})
        if is_plain or row is None or not moves:
            return consequence(changes, None, archived)
        return consequence(changes, foresee_effect(row, draft.steps, SequenceState(draft.state), now=now), archived)


def draft_from(form: Any, cards: list[Card]) -> SequenceDraft:
    """What stands on the page; fields that cannot be read count as they were stored."""
    values, stored = form.cleaned_data, form.instance
    return SequenceDraft(
        name=values.get("name", stored.name),
        state=values.get("state", stored.state),
        stop_on_reply=values.get("stop_on_reply", stored.stop_on_reply),
        reentry=values.get("reentry", stored.reentry),
        channel_ids=tuple(channel.pk for channel in values.get("channels", ())),
        steps=tuple(card.draft for card in cards if card.draft is not None),
    )


def late_words(share: Share) -> str:
    """Who was looked at, and how many of them."""
    if share.is_inside:
        words = (
            _(
                "A few of the people inside (%(people)s) would not get this one: "
                "they will not have written for 24 hours."
            ),
            _(
                "About %(percent)s %% of the people inside (%(people)s) would not get this one: "
                "they will not have written for 24 hours."
            ),
        )
    else:
        words = (
            _(
                "A few of your newest contacts (%(people)s) would not get this one: "
                "they will not have written for 24 hours."
            ),
            _(
                "About %(percent)s %% of your newest contacts (%(people)s) would not get this one: "
                "they will not have written for 24 hours."
            ),
        )
    return words[share.percent >= 1] % {"percent": share.percent, "people": share.people}
