from __future__ import annotations

from django.urls import path

from documents import views

app_name = "documents"
urlpatterns = [
    path("<uuid:pk>/", views.source, name="source"),
    path("<uuid:pk>/file", views.file, name="file"),
]
