"""When a model counts as failing, and when as working again; who is asked to find out."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from ai import health, services, watching
from ai.errors import ModelContextTooLong, ModelRefusedKey, ModelUnavailable
from ai.health import FAILING_S, Key, Observations, observed
from ai.models import ModelState
from ai.services import get_chat_model
from ai.watching import IDLE_S, PAUSES_S, Due, ModelWatch, ask

CHAT = Key("chat", "gpt-4o-mini")
ERROR = ModelUnavailable(cause="model.example:443 answered 503")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def seen(clock):
    return Observations(clock)


@pytest.fixture
def configured(settings, db):
    settings.OPENAI_BASE_URL, settings.OPENAI_MODEL = "http://127.0.0.1:9/v1", CHAT.name
    yield
    health.now_failing(())


def fail(seen, clock, times=3, every_s=FAILING_S / 2, error=ERROR):
    for _time in range(times):
        seen.failed(CHAT, error)
        clock.now += every_s
    clock.now -= every_s


def test_three_failures_in_a_row_over_ten_seconds_are_a_failure(seen, clock):
    fail(seen, clock, times=2)
    assert seen.failure(CHAT) is None
    clock.now += FAILING_S / 2
    seen.failed(CHAT, ModelRefusedKey(cause="401"))
    code, cause, for_s = seen.failure(CHAT)
    assert (code, cause, for_s) == ("model-refused-key", "401", FAILING_S)


def test_a_burst_of_failures_is_none_and_a_success_wipes_them_out(seen, clock):
    fail(seen, clock, times=50, every_s=0.1)
    assert seen.failure(CHAT) is None
    clock.now += FAILING_S
    seen.succeeded(CHAT)
    fail(seen, clock, times=2, every_s=FAILING_S)
    assert seen.failure(CHAT) is None


def test_a_server_that_fails_every_other_time_does_not_flap(seen, clock):
    for _time in range(20):
        seen.failed(CHAT, ERROR)
        clock.now += 5
        seen.succeeded(CHAT)
        clock.now += 5
        assert seen.failure(CHAT) is None


def test_failures_that_lie_far_apart_do_not_add_up(seen, clock):
    fail(seen, clock, times=9, every_s=health.APART_S + 1)
    assert seen.failure(CHAT) is None


def test_a_request_that_is_too_long_says_nothing_about_the_model(seen, clock):
    fail(seen, clock, times=9, error=ModelContextTooLong())
    assert seen.failure(CHAT) is None


def test_what_is_asked_is_observed(monkeypatch, seen):
    monkeypatch.setattr(health, "observations", seen)
    for _time in range(2):
        with observed("chat", CHAT.name):
            pass
    assert seen.works(CHAT)
    with pytest.raises(ModelUnavailable), observed("chat", CHAT.name):
        raise ERROR
    assert not seen.works(CHAT)


def test_one_row_is_written_when_a_model_fails_and_when_it_works_again(
    configured, seen, clock, django_assert_num_queries
):
    watch = ModelWatch(seen)
    assert watch.look().failing == ()
    with django_assert_num_queries(1):
        watch.look()
    fail(seen, clock)
    (failing,) = watch.look().failing
    assert (failing.kind, failing.name, failing.code) == ("chat", CHAT.name, "model-unavailable")
    assert failing.cause == "model.example:443 answered 503"
    assert timezone.now() - failing.since >= timedelta(seconds=FAILING_S)
    seen.succeeded(CHAT)
    assert watch.look().failing
    seen.succeeded(CHAT)
    assert watch.look().failing == ()
    assert not ModelState.objects.get().failing


def test_another_process_learns_it_and_its_earlier_successes_change_nothing(
    configured, seen, clock
):
    other_seen = Observations(clock)
    other = ModelWatch(other_seen)
    other_seen.succeeded(CHAT, times=100)
    fail(seen, clock)
    ModelWatch(seen).look()
    for _look in range(3):
        assert [model.name for model in other.look().failing] == [CHAT.name]
    other_seen.succeeded(CHAT, times=2)
    assert other.look().failing == ()


def test_a_failing_model_is_asked_by_one_process_with_growing_pauses(configured, seen, clock):
    fail(seen, clock)
    watches = [ModelWatch(seen) for _process in range(5)]
    now = timezone.now()
    asked = []
    for second in range(0, 200, 2):
        at = now + timedelta(seconds=second)
        asked += [second for watch in watches for _due in watch.look(at).due]
    pauses = [after - before for before, after in pairwise(asked)]
    assert pauses == [pause for pause in PAUSES_S if pause <= 80]
    assert ModelState.objects.get().tries == len(asked)


def test_a_suspect_is_asked_for_a_minute_and_an_idle_one_every_ten(configured, seen, clock):
    watch = ModelWatch(seen)
    watch.look()
    assert watch.look().due == ()
    seen.failed(CHAT, ERROR)
    assert watch.look().due == ()
    clock.now += health.SUSPECT_EVERY_S
    assert watch.look().due == (Due(CHAT, is_whole=False),)
    clock.now += health.SUSPECT_S
    assert watch.look().due == ()
    clock.now += IDLE_S
    later = timezone.now() + timedelta(seconds=IDLE_S + 1)
    assert watch.look(later).due == (Due(CHAT, is_whole=False),)
    assert watch.look(later).due == ()


@pytest.mark.parametrize(
    ("comes", "works", "fails"),
    [
        (True, True, False),
        (False, False, False),
        (ERROR, False, True),
        (TimeoutError(), False, True),
    ],
)
async def test_what_a_model_says_to_a_question_of_ours_is_an_observation(
    monkeypatch, seen, clock, comes, works, fails
):
    async def probe(_key, *, is_whole):
        if isinstance(comes, Exception):
            raise comes
        return comes

    monkeypatch.setattr(watching, "probe_model", probe)
    for _time in range(3):
        await ask(Due(CHAT, is_whole=True), seen)
        clock.now += FAILING_S
    assert (seen.works(CHAT), seen.failure(CHAT) is not None) == (works, fails)


def test_while_all_models_are_known_to_fail_sentences_are_quoted(configured, settings):
    settings.MODEL_FALLBACKS = ["spare"]
    failing = [
        health.FailingModel("chat", name, "model-unavailable", "", timezone.now())
        for name in (CHAT.name, "spare")
    ]
    health.now_failing(failing[:1])
    assert get_chat_model().is_language_model
    health.now_failing(failing)
    assert not get_chat_model().is_language_model
    assert services.answering_models() == [CHAT.name, "spare"]
    health.now_failing(())
    assert get_chat_model().is_language_model
