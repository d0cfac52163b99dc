from __future__ import annotations

from django.urls import path

from chat.consumers import AnswersConsumer

websocket_urlpatterns = [path("ws/answers/", AnswersConsumer.as_asgi())]
