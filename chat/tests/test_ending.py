"""An answer whose database is away when it ends."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError

from ai.ports import Usage
from chat import answering, ending, records
from chat.models import Message
from chat.records import FinishedAnswer
from chat.tests.streaming import Socket, answer_row
from chat.writing import Checkpoint

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"
FINISHED = FinishedAnswer(
    checkpoint=Checkpoint(uuid4(), 1, "Employees have 25 days."),
    status=Message.Status.DONE,
    cited=(),
    model="mock",
    usage=Usage(prompt_tokens=0, completion_tokens=0),
    timings={},
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(ending, "AGAIN_S", 0)


def failing(monkeypatch, *errors: Exception) -> list[int]:
    """The end is saved after these; the list grows with every attempt."""
    save, attempts = records.save_finished, list[int]()

    def fail_first(finished):
        attempts.append(1)
        if len(attempts) <= len(errors):
            raise errors[len(attempts) - 1]
        save(finished)

    monkeypatch.setattr(answering, "save_finished", fail_first)
    return attempts


async def test_an_answer_that_ends_while_the_database_is_away_is_done_when_it_is_back(
    bob, corpus, model, monkeypatch
):
    model.enqueue("Employees have 25 days.")
    attempts = failing(monkeypatch, OperationalError("away"), OperationalError("away"))

    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        last = (await socket.to_the_end())[-1]

    assert (last["type"], len(attempts)) == ("done", 3)
    row = await answer_row(accepted["answer"])
    assert (row.status, row.text) == (Message.Status.DONE, "Employees have 25 days.")


async def test_a_database_that_stays_away_is_not_asked_for_ever(monkeypatch):
    monkeypatch.setattr(ending, "AWAY_S", 0)
    attempts = []

    def save(finished):
        attempts.append(finished)
        raise OperationalError("away")

    with pytest.raises(OperationalError):
        await ending.write_end(save, FINISHED)

    assert len(attempts) == 1


async def test_another_error_is_not_tried_again(monkeypatch):
    attempts = []

    def save(finished):
        attempts.append(finished)
        raise IntegrityError("a row too much")

    with pytest.raises(IntegrityError):
        await ending.write_end(save, FINISHED)

    assert len(attempts) == 1
