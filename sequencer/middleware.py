"""What holds for every request, before anything else looks at it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

Handler = Callable[[HttpRequest], HttpResponse]


class NoPlainHttpForTheApi:
    """The API refuses plain HTTP where HTTPS is on: redirected clients would send their key in clear each time."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and request.path.startswith("/api/") and not request.is_secure():
            problem = {
                "type": "about:blank",
                "title": "HTTPS required",
                "status": 403,
                "detail": "Call this address over HTTPS, and renew the key: it has travelled in clear.",
                "code": "https_required",
                "errors": [],
            }
            return JsonResponse(problem, status=403, content_type="application/problem+json")
        return self.get_response(request)
