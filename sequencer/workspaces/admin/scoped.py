"""Admin classes that show one workspace by role: the one place that every list, form and chooser goes through."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.utils import NotRelationField, get_fields_from_path, unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, SuspiciousOperation
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, StackedInline
from unfold.views import ChangeList

from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.audit_words import changes_of, verb_of
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.models import AuditEvent
from sequencer.workspaces.refusals import Conflict, Refused

log = logging.getLogger(__name__)


_LOOKUPS = ("", "__exact", "__id__exact", "__isnull", "__gte", "__lt")


class ScopedFilter(RelatedFieldListFilter):
    """A filter by a related row that offers this workspace's rows only."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = visible(field.related_model._default_manager.all(), access_to(request).workspace)
        return [(row.pk, str(row)) for row in rows.order_by("pk")[:200]]


class Scoped:
    """What list, form and inline have in common: rows of the workspace, rights by role."""

    model: type[models.Model]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return visible(super().get_queryset(request), access_to(request).workspace)  # type: ignore[misc]

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> models.QuerySet[Any]:
        """The choices of every chooser; a foreign id that is posted anyway is refused on the field."""
        rows = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        if rows is None:
            rows = db_field.remote_field.model._default_manager.using(db).all()
        return visible(rows, access_to(request).workspace)

    def _is_ours(self, request: HttpRequest, row: Any) -> bool:
        return row is None or getattr(row, "workspace_id", None) == access_to(request).workspace.pk

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access_to(request).may_view(self.model) and self._is_ours(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access_to(request).may_change(self.model) and self._is_ours(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access_to(request).may_change(self.model)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Things are archived, stopped or revoked; nothing is deleted by a click."""
        return False


class ScopedInline(Scoped, StackedInline):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Inlines are asked about their parent."""
        return access_to(request).may_view(self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access_to(request).may_change(self.model)


class ScopedChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """What is listed is what there is: nobody counts the rest for a number in the title."""
        super().get_results(request)
        self.full_result_count = self.result_count


class ScopedAdmin(Scoped, ModelAdmin):
    """Saving is an action's work: `act` calls it, what it refuses comes back on the fields."""

    # What the button above the list and the page behind it say.
    add_label: Any = ""
    list_filter_sheet = True
    show_full_result_count = False
    list_per_page = 50
    save_on_top = False
    object_history_template = "admin/object_history.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScopedChangeList

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access_to(request).may_view(self.model)

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        return [(name, ScopedFilter) if self._is_relation(name) else name for name in super().get_list_filter(request)]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list's own filters ask: any other column would answer questions about what it holds."""
        offered = {name[0] if isinstance(name, tuple) else name for name in self.list_filter}
        names = {str(name) for name in offered if isinstance(name, str)}
        own = {getattr(name, "parameter_name", None) for name in offered}
        return lookup in own | {name + ending for name in names for ending in _LOOKUPS}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise SuspiciousOperation("a NUL character in an address")
        page: TemplateResponse = super().changelist_view(request, extra_context)
        return page

    def _is_relation(self, name: Any) -> bool:
        if not isinstance(name, str):
            return False
        try:
            return bool(get_fields_from_path(self.model, name)[-1].is_relation)
        except (FieldDoesNotExist, NotRelationField):
            return False

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> Any:
        """Call the action that stores this form and return the stored row; Refused and Conflict are welcome."""
        raise PermissionDenied

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A refusal shows the form again, with every problem on its field; nothing was stored."""
        try:
            return self._attempt(request, object_id, form_url, extra_context)
        except IntegrityError:
            log.warning("a form met what was stored at the same moment; trying again", exc_info=True)
        try:
            # The action finds now what the other one stored, and can say on which field it is in the way.
            return self._attempt(request, object_id, form_url, extra_context)
        except IntegrityError:
            log.exception("a form cannot be stored")
            return self._turned_away(request, "conflict")

    def _attempt(self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        except Refused as refused:
            request.refused = refused.problems  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        except Conflict as conflict:
            return self._turned_away(request, conflict.code)

    def _turned_away(self, request: HttpRequest, code: str) -> HttpResponse:
        messages.error(request, str(self.admin_site.explain(code, {})))
        return HttpResponseRedirect(request.get_full_path())

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        # A class made for this request alone.
        form.request = request
        form.refused = [
            (problem.field, self.admin_site.explain(problem.code, problem.params))
            for problem in getattr(request, "refused", ())
        ]
        return form

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context.setdefault("show_save_and_add_another", False)
        if kwargs.get("add") and self.add_label:
            # The path at the top of the page knows the request only.
            context["title"] = request.add_label = self.add_label  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing: `save_related` has the whole form."""

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:
        stored = self.act(request, form.instance, form, formsets, change)
        form.instance.__dict__.update(stored.__dict__)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        """The actions write the audit log."""
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """See `construct_change_message`."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """See `construct_change_message`."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """See `construct_change_message`."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What the audit log knows of this row."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        events = visible(AuditEvent.objects.all(), access_to(request).workspace)
        events = events.filter(object_kind=self.opts.model_name, object_id=row.pk).order_by("-at", "-id")
        page = Paginator(events, 100).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %s") % row,
            "page": page,
            "events": [
                {"at": event.at, "who": event.actor_label, "verb": verb_of(event), "changes": changes_of(event)}
                for event in page
            ],
            "opts": self.opts,
            "original": row,
        }
        return TemplateResponse(request, self.object_history_template, context)


class ReadOnlyAdmin(ScopedAdmin):
    """A ledger: rows are written by the engine and read here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
