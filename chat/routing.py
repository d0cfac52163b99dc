from __future__ import annotations

from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from chat.consumers import AnswersConsumer
from chat.sockets import SignedIn

websocket_urlpatterns = [path("ws/answers/", AnswersConsumer.as_asgi())]

# Origin check around the session around the routes.
websocket_application = AllowedHostsOriginValidator(SignedIn(URLRouter(websocket_urlpatterns)))
