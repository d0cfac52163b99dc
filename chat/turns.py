"""The only way to logged turns: each function takes the user.

A turn is somebody's question, and its prompt holds passages word for word. Open to administrators
of the conversation's organisation, and to whoever curates *all* corpora that it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from accounts.models import Membership, User
from chat.models import Message, TurnLog
from common.errors import NotFound
from documents.models import Corpus
from documents.selectors import corpora_curated_by, corpora_readable_by

# The columns of a list; the rest is long.
LISTED = (
    "question",
    "status",
    "error_code",
    "error_params",
    "model",
    "timings",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "created_at",
    "answer_id",
)
SORTS = {"created": "created_at", "first": "timings__first_text", "total": "timings__total"}


@dataclass(frozen=True, slots=True)
class TurnFilter:
    """Empty values limit nothing."""

    status: str = ""
    corpus: UUID | None = None
    query: str = ""
    sort: str = "-created"


def turns_seen_by(user: User) -> QuerySet[TurnLog]:
    memberships = Membership.objects.filter(user=user, user__is_active=True)
    administered = memberships.filter(role=Membership.Role.ADMIN)
    organisation = "answer__conversation__organisation__in"
    return TurnLog.objects.filter(
        Q(**{organisation: administered.values("organisation")})
        | Q(corpora_count=_count_among(corpora_curated_by(user))),
        **{organisation: memberships.values("organisation")},
        replay_of=None,
        answer__conversation__deleted_at=None,
    )


def get_turn_for(user: User, answer: UUID) -> TurnLog:
    turn = (
        turns_seen_by(user)
        .filter(answer=answer)
        .select_related("answer__parent", "answer__conversation__user")
        .prefetch_related("corpora")
        .first()
    )
    if turn is None:
        raise NotFound(cause=f"turn {answer}")
    return turn


def replays_seen_by(user: User, turn: TurnLog) -> QuerySet[TurnLog]:
    """Replays of a turn: by the same rule, and one's own as long as one may read what they found.

    Others searched with rights of their own, and may have found more than `user` may see.
    """
    administered = Membership.objects.filter(
        user=user, user__is_active=True, role=Membership.Role.ADMIN
    )
    organisation = "replay_of__answer__conversation__organisation__in"
    nothing_inside = Q(corpora_count=None) | Q(corpora_count=0)
    readable = Q(corpora_count=_count_among(corpora_readable_by(user)))
    return TurnLog.objects.filter(
        Q(**{organisation: administered.values("organisation")})
        | Q(corpora_count=_count_among(corpora_curated_by(user)))
        | Q(nothing_inside | readable, by=user),
        replay_of__in=turns_seen_by(user).filter(pk=turn.pk).values("pk"),
    )


def get_replay_for(user: User, turn: TurnLog, pk: UUID) -> TurnLog:
    replay = replays_seen_by(user, turn).filter(pk=pk).first()
    if replay is None:
        raise NotFound(cause=f"replay {pk}")
    return replay


def listed_turns(user: User, chosen: TurnFilter) -> QuerySet[TurnLog]:
    turns = _matching(user, chosen)
    if chosen.status:
        turns = turns.filter(status=chosen.status)
    field = F(SORTS[chosen.sort.removeprefix("-")])
    order = field.desc if chosen.sort.startswith("-") else field.asc
    sorted_ = turns.order_by(order(nulls_last=True), "-created_at")
    return sorted_.only(*LISTED).prefetch_related("corpora")


def counts_by_status(user: User, chosen: TurnFilter) -> dict[str, int]:
    """How many turns of each status the rest of the filter lets through."""
    found = _matching(user, chosen).order_by().values_list("status")
    counts = dict.fromkeys(Message.Status.values, 0)
    counts.update(found.annotate(Count("pk")))
    return counts


def _matching(user: User, chosen: TurnFilter) -> QuerySet[TurnLog]:
    turns = turns_seen_by(user)
    if chosen.query:
        turns = turns.filter(question__icontains=chosen.query)
    if chosen.corpus:
        through = TurnLog.corpora.through.objects
        turns = turns.filter(Exists(through.filter(turnlog=OuterRef("pk"), corpus=chosen.corpus)))
    return turns


def _count_among(corpora: QuerySet[Corpus]) -> Subquery:
    """How many of a turn's corpora are among these; none at all is not a number that fits."""
    found = TurnLog.corpora.through.objects.filter(
        turnlog=OuterRef("pk"), corpus__in=corpora.order_by().values("pk")
    )
    by_turn = found.order_by().values("turnlog").annotate(among=Count("pk"))
    return Subquery(by_turn.values("among"))  # type: ignore[misc]  # unseen by the plugin
