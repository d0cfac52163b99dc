"""The ASGI application: pages, sockets, and the life of the process around them."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cassandre.prod_settings")
http = get_asgi_application()  # before anything that needs the apps to be loaded

from channels.routing import ProtocolTypeRouter  # noqa: E402

from cassandre.lifespan import Lifespan  # noqa: E402
from cassandre.metrics_door import MetricsDoor  # noqa: E402
from cassandre.outage_pages import SilenceGate  # noqa: E402
from chat.routing import websocket_application  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": MetricsDoor(SilenceGate(http)),
        "websocket": websocket_application,
        "lifespan": Lifespan(),
    }
)
