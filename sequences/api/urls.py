"""The addresses under /api/v1/, each with a trailing slash."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from rest_framework.routers import SimpleRouter

from sequences.api.catalogue import CatalogueView
from sequences.api.channels import ChannelView
from sequences.api.contacts import ContactView
from sequences.api.deliveries import DeliveryView
from sequences.api.event_rules import EventRulesView
from sequences.api.events import EventView
from sequences.api.interactions import InteractionsView
from sequences.api.preview import PreviewView
from sequences.api.sequences import SequenceView
from sequences.api.sub_flows import SubFlowView
from sequences.api.subscribing import SubscribeToSequenceView, UnsubscribeFromSequenceView
from sequences.api.subscriptions import SubscriptionView
from sequences.api.views import NotFoundView

router = SimpleRouter()
router.register("sequences", SequenceView, basename="sequence")
router.register("sub-flows", SubFlowView, basename="sub-flow")
router.register("channels", ChannelView, basename="channel")
router.register("contacts", ContactView, basename="contact")
router.register("subscriptions", SubscriptionView, basename="subscription")
router.register("deliveries", DeliveryView, basename="delivery")
router.register("events", EventView, basename="event")

urlpatterns: list[URLPattern | URLResolver] = [
    path("actions/", CatalogueView.as_view(), name="actions"),
    path("actions/subscribe-to-sequence/", SubscribeToSequenceView.as_view(), name="subscribe-to-sequence"),
    path("actions/unsubscribe-from-sequence/", UnsubscribeFromSequenceView.as_view(), name="unsubscribe-from-sequence"),
    path("interactions/", InteractionsView.as_view(), name="interactions"),
    path("sequences/<str:id>/rules/", EventRulesView.as_view(), name="event-rules"),
    path("preview/", PreviewView.as_view(), name="preview"),
    path("", include(router.urls)),
    re_path("", NotFoundView.as_view(), name="nothing-here"),
]
