"""How much one person may ask for at a time. Values come from the settings, at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db.models import Count, Min, Q
from django.utils import timezone

from accounts.models import User
from chat.errors import TooManyAnswers, TooManyQuestions
from chat.models import Message

MINUTE = timedelta(minutes=1)
# When somebody's running answers are too many: about how long one takes.
RETRY_ANSWERS_S = 10


@dataclass(frozen=True, slots=True)
class Limits:
    questions_per_minute: int
    concurrent_answers: int


def check_limits(user: User, limits: Limits) -> None:
    """Counted in the database, so that they hold over all sockets and processes.

    Raises TooManyQuestions or TooManyAnswers with the seconds to wait.
    """
    now = timezone.now()
    # Answers, not questions: another version of one asks as much of the model.
    recent = Q(role=Message.Role.ASSISTANT, created_at__gt=now - MINUTE)
    streaming = Q(status=Message.Status.STREAMING)
    counts = (
        Message.objects.filter(recent | streaming, conversation__user=user)
        .order_by()
        .aggregate(
            asked=Count("pk", filter=recent),
            first=Min("created_at", filter=recent),
            streaming=Count("pk", filter=streaming),
        )
    )
    if counts["asked"] >= limits.questions_per_minute:
        wait = counts["first"] + MINUTE - now
        raise TooManyQuestions(retry_after=max(1, ceil(wait.total_seconds())))
    if counts["streaming"] >= limits.concurrent_answers:
        raise TooManyAnswers(retry_after=RETRY_ANSWERS_S)
