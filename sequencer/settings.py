"""Django's settings. What an operator decides comes from `sequencer.env`; everything else is decided here."""

from __future__ import annotations

import os
from pathlib import Path

import django_stubs_ext

from sequencer.database import tuned
from sequencer.env import load
from sequencer.logs import logging_of

# Lets classes be written as `ModelForm[Contact]`, which types them, and which Django itself refuses at run time.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = load(BASE_DIR, os.environ)

SECRET_KEY = ENVIRONMENT.secret_key
ENCRYPTION_KEYS = ENVIRONMENT.encryption_keys
DEBUG = ENVIRONMENT.debug
PUBLIC_URL = ENVIRONMENT.public_url
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)
# What channels and webhooks may reach besides public addresses: everything, or these networks.
ALLOW_PRIVATE_ADDRESSES = ENVIRONMENT.allow_private_addresses
PRIVATE_NETWORKS = ENVIRONMENT.private_networks
OUTGOING_PORTS = ENVIRONMENT.outgoing_ports
# How many proxies stand in front: whose X-Forwarded-For is believed (sequencer.workspaces.client_ip).
TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.trusted_proxies

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "sequencer.workspaces.apps.WorkspacesConfig",
    "channels",
    "sequences",
    "sequencer.apps.SequencerConfig",
]
MIDDLEWARE = [
    "sequencer.logs.RequestId",
    "csp.middleware.CSPMiddleware",
    "sequencer.middleware.CompressedPages",
    "sequencer.middleware.NoPlainHttpForTheApi",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sequencer.workspaces.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "sequencer.urls"
WSGI_APPLICATION = "sequencer.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Storage
DATABASES = {"default": tuned(ENVIRONMENT.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
IN_REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENVIRONMENT.redis_url}
# The table is made by `migrate`. Limits count rows, so the cache must not throw them away early.
IN_DATABASE = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "shared_cache",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
CACHES = {
    # Shared by all processes: limits on logins and API calls are counted here.
    "default": IN_REDIS if ENVIRONMENT.redis_url else IN_DATABASE,
    # django-q2 notes its state twice a second; our own heartbeat says what matters.
    "cluster": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# Background work. `retry` counts from the fetch, so it stays far above timeout x (queue_limit / workers + 2).
Q_CLUSTER = {
    "name": "sequencer",
    # A dispatcher, one that tells webhook endpoints, and one for what people wait for.
    "workers": 3,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.2,
    "timeout": 480,
    "retry": 3600,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": -1,
    "recycle": 10_000,
    "cache": "cluster",
    "label": "Background work",
    **({"redis": ENVIRONMENT.redis_url} if ENVIRONMENT.redis_url else {"orm": "default"}),
}

# People
AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "sequencer.workspaces.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# Nobody is written to because a stranger typed their address.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ENVIRONMENT.is_https else "http"

# Words and clocks
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["sequencer.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files: whitenoise finds them in the apps; `collectstatic` adds hashed names and compression.
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "sequencer.static_files.HashedWhenCollected"
    },
}

# Mail
EMAIL_BACKEND = ENVIRONMENT.email.backend
EMAIL_HOST = ENVIRONMENT.email.host
EMAIL_PORT = ENVIRONMENT.email.port
EMAIL_HOST_USER = ENVIRONMENT.email.user
EMAIL_HOST_PASSWORD = ENVIRONMENT.email.password
EMAIL_USE_TLS = ENVIRONMENT.email.use_tls
EMAIL_USE_SSL = ENVIRONMENT.email.use_ssl
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email.sender

# Security: what needs HTTPS follows PUBLIC_URL, so that plain HTTP works on loopback.
SECURE_SSL_REDIRECT = ENVIRONMENT.is_https
# Monitors on the machine itself ask over plain HTTP; nothing secret is in the answers.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.is_https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.is_https
SESSION_COOKIE_NAME = "__Host-sessionid" if ENVIRONMENT.is_https else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if ENVIRONMENT.is_https else "csrftoken"
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = ENVIRONMENT.is_https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# On every answer; docs/decisions/0005. Pages behind the login may show customers' pictures too (admin/site.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        # The theme's colours stand in a style element, widths and colours of ours in attributes.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# The API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["sequences.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["sequences.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "sequences.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sequencer",
    "DESCRIPTION": "Subscribe people to sequences of follow-up messages, and see what was sent, waits or did not go.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ReasonEnum": "sequences.api.deliveries.REASONS",
        "WhyNotSubscribedEnum": "sequences.api.subscribing.REASONS",
        "EndpointStateEnum": "sequences.api.webhook_endpoints.STATES",
        "WebhookMessageStateEnum": "sequences.api.webhook_messages.STATES",
    },
}

# The admin
UNFOLD = {
    "SITE_TITLE": "Sequencer",
    "SITE_HEADER": "Sequencer",
    "SITE_SYMBOL": "schedule_send",
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "sequencer.workspaces.admin.sidebar.navigation",
    },
}

DEFAULT_EXCEPTION_REPORTER_FILTER = "sequencer.reports.ReportFilter"

# Who may read /metrics (sequences/health/metrics.py).
METRICS_TOKEN = ENVIRONMENT.metrics_token
LOGGING = logging_of(ENVIRONMENT.log_format)

# How long what grows with the work is kept; None: for ever (sequences/actions/retention.py).
KEEP_HISTORY = ENVIRONMENT.keep_history
KEEP_EVENTS = ENVIRONMENT.keep_events
KEEP_AUDIT = ENVIRONMENT.keep_audit
