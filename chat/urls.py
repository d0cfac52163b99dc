from __future__ import annotations

from django.urls import path

from chat.views import conversations, corrections, enquiries, search, status

app_name = "chat"
urlpatterns = [
    path("status/", status.status, name="status"),
    # /search/
    path("search/", search.search_page, name="search"),
    path("search/<slug:slug>/", search.search_page, name="search_corpus"),
    # /chat/
    path("chat/", conversations.new_conversation, name="new"),
    path("chat/enquiries/", enquiries.enquiries, name="enquiries"),
    path("chat/answers/<uuid:answer>/enquiry/", enquiries.enquire, name="enquire"),
    path("chat/answers/<uuid:answer>/enquiry/state/", enquiries.state, name="enquiry_state"),
    path("chat/answers/<uuid:answer>/correction/", corrections.correct, name="correct"),
    path("chat/<uuid:pk>/", conversations.conversation, name="conversation"),
    path("chat/<uuid:pk>/continue/", search.continue_search, name="continue"),
    path("chat/<uuid:pk>/show/", conversations.show, name="show"),
    path("chat/<uuid:pk>/rename/", conversations.rename, name="rename"),
    path("chat/<uuid:pk>/pin/", conversations.pin, name="pin"),
    path("chat/<uuid:pk>/unpin/", conversations.unpin, name="unpin"),
    path("chat/<uuid:pk>/delete/", conversations.delete, name="delete"),
    path("chat/<uuid:pk>/restore/", conversations.restore, name="restore"),
]
