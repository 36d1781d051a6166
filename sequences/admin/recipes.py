"""Recipes: sequences that others began with, to be made one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.site import site
from sequences.actions.use_recipe import use_recipe
from sequences.models import Sequence
from sequences.recipes.content import Recipe, recipe, recipes
from sequences.rules.placeholders import compile_text

EXAMPLE = "Camille"


def recipes_page(request: HttpRequest) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": _("Recipes"),
        "recipes": [_shown(one) for one in recipes()],
        "may_change": access_to(request).may_change(Sequence),
    }
    return TemplateResponse(request, "sequences/recipes.html", context)


def _shown(chosen: Recipe) -> Recipe:
    """As a person reads it: with a name where its messages put one."""
    messages = tuple(replace(one, blocks=_filled(one.blocks)) for one in chosen.messages)
    return replace(chosen, messages=messages)


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _text(item) if key == "text" else item for key, item in value.items()}
    return [_filled(item) for item in value]


def _text(text: str) -> str:
    return compile_text(text).fill({"first_name": EXAMPLE})


def use(request: HttpRequest, key: str) -> HttpResponse:
    """A draft of one's own, opened at once."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    access, chosen = access_to(request), recipe(key)
    if chosen is None:
        raise Http404
    if not access.may_change(Sequence):
        raise PermissionDenied
    try:
        made = use_recipe(access.workspace, chosen, now=timezone.now(), actor=actor_of(request))
    except IntegrityError:  # somebody took a name at this very moment
        messages.error(request, str(site.explain("conflict", {})))
        return HttpResponseRedirect(reverse("admin:sequences_recipes"))
    messages.success(
        request, _("A draft was made of the recipe: make its messages your own, then set its state to active.")
    )
    return HttpResponseRedirect(reverse("admin:sequences_sequence_change", args=[made.pk]))


site.add_page("sequences/recipes/", recipes_page, "sequences_recipes")
site.add_page("sequences/recipes/<slug:key>/use/", use, "sequences_recipe_use")
