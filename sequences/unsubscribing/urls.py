from __future__ import annotations

from django.urls import path

from sequences.unsubscribing.views import unsubscribe_page

urlpatterns = [path("<str:token>/", unsubscribe_page, name="unsubscribe")]
