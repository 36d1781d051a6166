from __future__ import annotations

from django.urls import path

from channels.webhooks.views import receive

urlpatterns = [path("<slug:kind>/<slug:channel_id>/", receive, name="webhook")]
