"""The mock model and a provider over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ai.ports import ChatRequest, SourcePassage
from ai.providers.endpoints import ModelEndpoint
from ai.providers.openai_compatible import OpenAICompatible
from ai.providers.sessions import close_session
from bench.mock_model import Serving, serving

Provider = Callable[..., OpenAICompatible]


@pytest.fixture(scope="session")
def _mock_server() -> Iterator[Serving]:
    with serving() as server:
        yield server


@pytest.fixture
def mock_server(_mock_server: Serving) -> Serving:
    """Shared by the session, its counters fresh for each test."""
    _mock_server.reset()
    return _mock_server


@pytest.fixture
async def provider(mock_server):
    """Makes a provider of the mock's model with the given name."""

    def make(
        model: str = "mock",
        *,
        base_url: str = "",
        first: float = 10,
        gap: float = 10,
        whole: float = 60,
    ):
        return OpenAICompatible(
            ModelEndpoint(
                name=model,
                base_url=base_url or mock_server.url,
                model=model,
                api_key="sk-alice-secret",
                first_token_timeout_s=first,
                gap_timeout_s=gap,
                max_answer_s=whole,
            )
        )

    yield make
    await close_session()


@pytest.fixture
def request_of_alice() -> ChatRequest:
    return ChatRequest(
        question="How long is parental leave?",
        language="en",
        passages=(
            SourcePassage(
                number=1,
                title="Leave guide.pdf",
                place="p.\u00a04",
                section="Parental leave",
                text="Parental leave lasts sixteen weeks. It is asked for a month ahead.",
            ),
        ),
    )
