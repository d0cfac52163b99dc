from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from chat.consumers import AnswersConsumer
from chat.sockets import LanguageMiddleware

websocket_urlpatterns = [path("ws/answers/", AnswersConsumer.as_asgi())]

# Origin check around session authentication around the routes.
websocket_application = AllowedHostsOriginValidator(
    AuthMiddlewareStack(LanguageMiddleware(URLRouter(websocket_urlpatterns)))
)
