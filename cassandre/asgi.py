"""The ASGI application: pages, sockets, and the life of the process around them."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cassandre.prod_settings")
http = get_asgi_application()  # before anything that needs the apps to be loaded

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from cassandre.lifespan import Lifespan  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402
from chat.sockets import LanguageMiddleware  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(LanguageMiddleware(URLRouter(websocket_urlpatterns)))
        ),
        "lifespan": Lifespan(),
    }
)
