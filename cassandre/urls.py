from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from common.health import healthz, readyz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="chat:search"), name="home"),
    path("account/", include("accounts.urls")),
    path("", include("chat.urls")),
    path("documents/", include("documents.urls")),
    path("admin/", include("backoffice.urls")),
    path("django-admin/", admin.site.urls),
    path("i18n/set-language/", set_language, name="set_language"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

handler500 = "cassandre.outage_pages.server_error"
