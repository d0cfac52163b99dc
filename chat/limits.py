"""How much one person may ask for at a time. Values come from the settings, at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db.models import DateTimeField, Q, UUIDField
from django.utils import timezone

from accounts.models import User
from chat.errors import TooManyAnswers, TooManyQuestions
from chat.models import Message
from common.prepared import Prepared

MINUTE = timedelta(minutes=1)
# When somebody's running answers are too many: about how long one takes.
RETRY_ANSWERS_S = 10


# Answers, not questions: another version of one asks as much of the model.
_RECENT = Prepared(
    lambda user, since: (
        Message.objects.filter(
            Q(created_at__gt=since) | Q(status=Message.Status.STREAMING),
            role=Message.Role.ASSISTANT,
            conversation__user=user,
        )
        .order_by("created_at")
        .values_list("created_at", "status")
    ),
    user=UUIDField(),
    since=DateTimeField(),
)


@dataclass(frozen=True, slots=True)
class Limits:
    questions_per_minute: int
    concurrent_answers: int


def check_limits(user: User, limits: Limits) -> None:
    """Counted in the database, so that they hold over all sockets and processes.

    Raises TooManyQuestions or TooManyAnswers with the seconds to wait.
    """
    now = timezone.now()
    answers = _RECENT.all(user=user.pk, since=now - MINUTE)
    asked = [created_at for created_at, _status in answers if created_at > now - MINUTE]
    streaming = sum(status == Message.Status.STREAMING for _created_at, status in answers)
    if len(asked) >= limits.questions_per_minute:
        wait = asked[0] + MINUTE - now
        raise TooManyQuestions(retry_after=max(1, ceil(wait.total_seconds())))
    if streaming >= limits.concurrent_answers:
        raise TooManyAnswers(retry_after=RETRY_ANSWERS_S)
