"""What a report of an exception may show: where it happened, never what was in hand there."""

from __future__ import annotations

from types import FrameType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.views.debug import SafeExceptionReporterFilter


class ReportFilter(SafeExceptionReporterFilter):
    """Credentials pass through many variables and forms; a list of their names would always lack one."""

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        posted = super().get_post_parameters(request)
        hidden = QueryDict(mutable=True)
        for name in posted:
            hidden[name] = self.cleansed_substitute
        return hidden

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
