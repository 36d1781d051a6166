"""The page on which a secret is read, once: no cookie, session or cache keeps it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def shown_once(admin: ModelAdmin[Any], request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    """The answer that shows it; the messages framework would store it in a cookie or in the session."""
    whole = {**admin.admin_site.each_context(request), "opts": admin.opts, **context}
    response = TemplateResponse(request, template, whole)
    response["Cache-Control"] = "no-store"
    return response
