"""What somebody uploaded leaves by two doors, and is run behind neither."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from documents.adapters.extractors.formats import PDF, READABLE
from documents.models import DocumentVersion
from documents.tests.builders import make_document, make_version

STRANGE = ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"]


@pytest.fixture
def doors(handbook, erin):
    """The headers of both doors for a file of that type."""
    client = Client()
    client.force_login(erin)

    def headers(media_type: str):
        document = make_document(handbook, "Served", source_path="gefährlich <b>.html")
        version = make_version(
            document, DocumentVersion.State.READY, live=True, media_type=media_type, page_count=1
        )
        addresses = [
            reverse("documents:file", args=[document.pk]),
            reverse("backoffice:version_file", args=[version.pk]),
        ]
        answers = [client.head(address) for address in addresses]
        assert [answer.status_code for answer in answers] == [200, 200]
        return [answer.headers for answer in answers]

    return headers


@pytest.mark.parametrize("media_type", [*sorted(set(READABLE) - {PDF}), *STRANGE])
def test_a_file_is_saved_and_never_run(doors, media_type):
    for headers in doors(media_type):
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Content-Type"] == media_type


def test_a_pdf_alone_is_shown_where_it_lies(doors):
    for headers in doors(PDF):
        assert headers["Content-Disposition"].startswith("inline; ")
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
