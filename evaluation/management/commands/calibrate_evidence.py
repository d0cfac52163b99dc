from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Membership, User
from common.errors import CassandreError
from evaluation.calibration import MAX_REFUSED, Calibration, calibrate
from evaluation.models import QuestionSet
from evaluation.running import measure_set_as
from evaluation.selectors import sets_curated_by
from evaluation.services import apply_threshold


class Command(BaseCommand):
    help = (
        "Weigh the evidence threshold of a corpus on a set of its questions. With the embedded"
        " index Cassandre must be stopped meanwhile; the set's page in the back office does the"
        " same while it runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--corpus", metavar="SLUG", required=True)
        parser.add_argument("--set", metavar="NAME", required=True, help="of questions")
        parser.add_argument(
            "--organisation", metavar="SLUG", help="whose corpus it is, where two have the same"
        )
        parser.add_argument("--apply", action="store_true", help="set the proposed threshold")

    def handle(self, *args: Any, **options: Any) -> None:
        question_set = _set(options["corpus"], options["set"], options["organisation"])
        corpus, user = question_set.corpus, _curator_of(question_set)
        try:
            figures = measure_set_as(user, question_set)
        except CassandreError as error:
            raise CommandError(error.user_sentence) from error
        if not figures.outcomes:
            raise CommandError(f"“{question_set.name}” holds no question.")
        calibration = calibrate(figures.outcomes, corpus.evidence_threshold)
        self.stdout.write(_table(calibration, corpus.evidence_threshold))
        if calibration.proposed is None:
            raise CommandError("No question of the set can be answered: nothing is proposed.")
        self.stdout.write(_verdict(calibration, corpus.evidence_threshold))
        if options["apply"]:
            apply_threshold(by=user, corpus=corpus, threshold=calibration.proposed)
            self.stdout.write(f"“{corpus.name}” refuses below {calibration.proposed:.2f} now.")


def _set(slug: str, name: str, organisation: str | None) -> QuestionSet:
    named = QuestionSet.objects.filter(corpus__slug=slug).select_related("corpus")
    if organisation:
        named = named.filter(corpus__organisation__slug=organisation)
    found = [each for each in named if each.name.casefold() == name.casefold()]
    if not found:
        known = ", ".join(f"“{each.name}”" for each in named) or "none"
        raise CommandError(f"Corpus “{slug}” has no set “{name}”; it has: {known}.")
    if len(found) > 1:
        raise CommandError(f"Several organisations have a corpus “{slug}”: add --organisation.")
    return found[0]


def _curator_of(question_set: QuestionSet) -> User:
    """Whose rights are measured with: who made the set, or else an administrator."""
    organisation = question_set.corpus.organisation_id
    administrators = User.objects.filter(
        membership__organisation=organisation,
        membership__role=Membership.Role.ADMIN,
        is_active=True,
    ).order_by("date_joined")
    candidates = [question_set.created_by, *administrators[:1]]
    for user in candidates:
        if user is not None and sets_curated_by(user).filter(pk=question_set.pk).exists():
            return user
    raise CommandError("Nobody curates this corpus.")


def _table(calibration: Calibration, now: float) -> str:
    lines = [f"{'threshold':>9}  {'wrongly refused':>18}  {'wrongly answered':>18}  {'balance':>7}"]
    for row in calibration.rows:
        refused = _of(row.refused, row.answerable, row.refused_share)
        answered = _of(row.answered, row.unanswerable, row.answered_share)
        balance = f"{row.balance:.2f}" if row.unanswerable else "-"
        marks = " now" if abs(row.value - now) < 1e-9 else ""
        marks += " proposed" if row.value == calibration.proposed else ""
        lines.append(f"{row.value:>9.2f}  {refused:>18}  {answered:>18}  {balance:>7}{marks}")
    return "\n".join(lines)


def _of(count: int, total: int, share: float) -> str:
    return f"{count} of {total} ({share:.0%})" if total else "-"


def _verdict(calibration: Calibration, now: float) -> str:
    if calibration.measures_refusals_alone:
        reason = (
            "The set has no question without an answer, so that only refusals can be measured:"
            f" the highest threshold that refuses at most {MAX_REFUSED:.0%} is"
        )
    else:
        reason = (
            "The greatest balance (Youden's J: 1 - wrongly refused - wrongly answered; of equals"
            " today's, or else the lowest) is at"
        )
    return f"{reason} {calibration.proposed:.2f}; it is {now:.2f} now."
