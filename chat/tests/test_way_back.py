"""From a source back to the search that found it, with all that it was limited to."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from chat.frames import Ask
from chat.records import record_question
from chat.tests.turns import ELSEWHERE, LIMITS
from chat.trails import answer_url
from documents.models import Corpus
from documents.tests.builders import ready_document


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"media_types": ("application/pdf", "text/plain"), "languages": ("en",)},
        {"sections": ("Leave",), "as_of": date(2025, 3, 1)},
    ],
    ids=["nothing", "types and language", "section and day"],
)
def test_the_address_of_an_answer_asks_the_same_again(
    bob: User, handbook: Corpus, limits: dict
) -> None:
    document = ready_document(handbook)
    ask = Ask(
        id=uuid4().hex,
        kind="search",
        text="annual leave",
        corpora=(handbook.pk,),
        documents=(document.pk,),
        **limits,
    )
    asked = record_question(bob, ask, owner=ELSEWHERE, language="en", limits=LIMITS)
    client = Client()
    client.force_login(bob)
    page = client.get(answer_url(asked.answer)).content.decode()
    found = re.search(r'<script id="asking"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    said = json.loads(unescape(found[1]))
    assert said["text"] == "annual leave"
    assert said["corpora"] == [str(handbook.pk)]
    assert said["documents"] == [str(document.pk)]
    for name in ("media_types", "languages", "sections"):
        assert said.get(name, []) == list(limits.get(name, ()))
    assert said.get("as_of") == (limits["as_of"].isoformat() if "as_of" in limits else None)
