"""What holds for every request, before anything else looks at it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

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


class CompressedPages(GZipMiddleware):
    """Pages travel compressed, also where no web server stands in front; their secrets are masked anew each time.

    What programs read goes as it is: they ask for little and want it soon.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response
