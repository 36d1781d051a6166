"""The addresses under /api/v1/, each with a trailing slash."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from rest_framework.routers import SimpleRouter

from sequences.api.bulk_jobs import BulkJobView
from sequences.api.bulk_problems import BulkProblemsView
from sequences.api.catalogue import CatalogueView
from sequences.api.channels import ChannelView
from sequences.api.contacts import ContactView
from sequences.api.deliveries import DeliveryView
from sequences.api.event_rules import EventRulesView
from sequences.api.events import EventView
from sequences.api.external_sub_flows import ExternalSubFlowsView
from sequences.api.interactions import InteractionsView
from sequences.api.preview import PreviewView
from sequences.api.sequences import SequenceView
from sequences.api.statistics import StatisticsView
from sequences.api.steering import SubscriptionView
from sequences.api.sub_flows import SubFlowView
from sequences.api.subscribing import SubscribeToSequenceView, UnsubscribeFromSequenceView
from sequences.api.views import NotFoundView
from sequences.api.webhook_endpoints import WebhookEndpointView
from sequences.api.webhook_messages import WebhookMessageView

router = SimpleRouter()
router.register("sequences", SequenceView, basename="sequence")
router.register("sub-flows", SubFlowView, basename="sub-flow")
router.register("channels", ChannelView, basename="channel")
router.register("contacts", ContactView, basename="contact")
router.register("subscriptions", SubscriptionView, basename="subscription")
router.register("deliveries", DeliveryView, basename="delivery")
router.register("bulk-jobs", BulkJobView, basename="bulk-job")
router.register("events", EventView, basename="event")
router.register("webhook-endpoints", WebhookEndpointView, basename="webhook-endpoint")
router.register("webhook-messages", WebhookMessageView, basename="webhook-message")

urlpatterns: list[URLPattern | URLResolver] = [
    path("actions/", CatalogueView.as_view(), name="actions"),
    path("actions/subscribe-to-sequence/", SubscribeToSequenceView.as_view(), name="subscribe-to-sequence"),
    path("actions/unsubscribe-from-sequence/", UnsubscribeFromSequenceView.as_view(), name="unsubscribe-from-sequence"),
    path("interactions/", InteractionsView.as_view(), name="interactions"),
    path("sequences/<str:id>/rules/", EventRulesView.as_view(), name="event-rules"),
    path("sequences/<str:id>/statistics/", StatisticsView.as_view(), name="statistics"),
    path("channels/<str:id>/external-sub-flows/", ExternalSubFlowsView.as_view(), name="external-sub-flows"),
    path("bulk-jobs/<str:id>/problems/", BulkProblemsView.as_view(), name="bulk-problems"),
    path("preview/", PreviewView.as_view(), name="preview"),
    path("", include(router.urls)),
    re_path("", NotFoundView.as_view(), name="nothing-here"),
]
