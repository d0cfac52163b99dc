"""A patient model of two scripted ones, in a time of its own."""

from __future__ import annotations

from ai.patience import PatientModel, RetryPolicy
from ai.providers.scripted import ScriptedModel

POLICY = RetryPolicy(context_tokens=16_000, tries=3, max_wait_s=30, backoff_s=0.5)


class Time:
    """Passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


class Pair:
    """`model` asks `first`, then `second`."""

    def __init__(self, *, alone: bool = False, policy: RetryPolicy = POLICY) -> None:
        self.time = Time()
        self.first = ScriptedModel(name="first", sleep=self.time.sleep)
        self.second = ScriptedModel(name="second", sleep=self.time.sleep)
        models = [self.first] if alone else [self.first, self.second]
        self.model = PatientModel(models, policy, sleep=self.time.sleep, clock=self.time)
