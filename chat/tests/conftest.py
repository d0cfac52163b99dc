"""What most tests of answers stand on: rules that bob may read, and a model that says what it
was told to."""

from __future__ import annotations

import pytest

from accounts.models import Organisation, User
from ai.providers.scripted import ScriptedModel
from chat.tests.streaming import RULES, use_model
from documents.models import Corpus
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online


@pytest.fixture
def corpus(organisation: Organisation, alice: User, bob: User) -> Corpus:
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, bob)
    bring_online(alice, corpus, "rules.md", RULES)
    return corpus


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    model = ScriptedModel()
    use_model(monkeypatch, model)
    return model
