"""The web entry: `gunicorn sequencer.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sequencer.settings")
application = get_wsgi_application()
