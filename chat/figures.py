"""How many questions were asked and how they ended. Numbers only: nobody's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import User
from accounts.selectors import administered_organisation
from chat.models import Message

Status = Message.Status


@dataclass(frozen=True, slots=True)
class DayOfQuestions:
    day: date
    asked: int = 0
    answered: int = 0  # with sources
    not_found: int = 0  # an honest refusal

    @property
    def answered_percent(self) -> int | None:
        return round(100 * self.answered / self.asked) if self.asked else None

    @property
    def not_found_percent(self) -> int | None:
        return round(100 * self.not_found / self.asked) if self.asked else None


def questions_by_day(user: User, *, days: int) -> list[DayOfQuestions]:
    """The last `days` days of the organisation that `user` administers, today first."""
    organisation = administered_organisation(user)
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    found = (
        Message.objects.filter(
            conversation__organisation=organisation,
            role=Message.Role.ASSISTANT,
        )
        .annotate(day=TruncDate("created_at"))
        .filter(day__gte=first)
        .values_list("day")
        .annotate(
            asked=Count("pk"),
            answered=Count("pk", filter=Q(status=Status.DONE)),
            not_found=Count("pk", filter=Q(status=Status.NOT_FOUND)),
        )
        .order_by()
    )
    known = {day: DayOfQuestions(day, *numbers) for day, *numbers in found}
    span = [today - timedelta(days=back) for back in range(days)]
    return [known.get(day, DayOfQuestions(day)) for day in span]
