"""What people find against what they may read: samples of people and corpora, searched as they
would, and held against the rule itself (documents.permissions) rather than against the selectors
that the search asks.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from accounts.models import Membership, User
from chat.models import Message
from chat.selectors import passages_for
from documents.generations import live_generation
from documents.models import Chunk, Corpus, CorpusGrant, DocumentVersion
from documents.permissions import Action, Right, Role, Visibility, may
from documents.retrieval import SearchScope, search
from documents.selectors import corpora_readable_by

# A bounded look each night, at other people and corpora each time.
PEOPLE = 40
CORPORA_OF_EACH = 3
ANSWERS_OF_EACH = 20
_HITS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    what: str  # ids, never names or texts
    mended: bool = False


class Rule:
    """Who may read which corpus: rows read once, the rule in Python."""

    def __init__(self) -> None:
        fields = ("pk", "organisation", "visibility")
        self._corpora = list(Corpus.objects.order_by("pk").values_list(*fields))
        self._grants: dict[UUID, list[tuple[UUID | None, UUID | None, str]]] = defaultdict(list)
        for corpus, user, team, right in CorpusGrant.objects.values_list(
            "corpus", "user", "team", "right"
        ):
            self._grants[corpus].append((user, team, right))

    @property
    def corpora(self) -> list[UUID]:
        return [corpus for corpus, _organisation, _visibility in self._corpora]

    def allowed(self, user: User) -> set[UUID]:
        membership = Membership.objects.filter(user=user).first()
        if membership is None or not user.is_active:
            return set()
        teams = set(user.teams.values_list("pk", flat=True))
        role = Role(membership.role)
        return {
            corpus
            for corpus, organisation, visibility in self._corpora
            if organisation == membership.organisation_id
            and may(role, self._right(corpus, user, teams), Visibility(visibility), Action.READ)
        }

    def _right(self, corpus: UUID, user: User, teams: set[UUID]) -> Right | None:
        rights = {
            right for who, team, right in self._grants[corpus] if who == user.pk or team in teams
        }
        if Right.CURATE in rights:
            return Right.CURATE
        return Right.READ if rights else None


@dataclass(slots=True)
class Looked:
    people: int = 0
    searches: int = 0


def look(looked: Looked) -> Iterator[Fault]:
    """What is wrong; what was looked at is counted in `looked`."""
    rule = Rule()
    for user in _sample(list(User.objects.values_list("pk", flat=True)), PEOPLE):
        person = User.objects.filter(pk=user).first()
        if person is None:
            continue
        looked.people += 1
        allowed = rule.allowed(person)
        selected = set(corpora_readable_by(person).values_list("pk", flat=True))
        if selected != allowed:
            yield Fault("rights", f"user {user}: {_ids(selected ^ allowed)}")
        yield from _searched(person, allowed, rule.corpora, looked)
        yield from _old_answers(person, allowed)


def _searched(
    person: User, allowed: set[UUID], corpora: Sequence[UUID], looked: Looked
) -> Iterator[Fault]:
    """Words of a closed corpus, asked everywhere and in that corpus alone."""
    closed = [corpus for corpus in corpora if corpus not in allowed]
    for corpus in _sample(closed, CORPORA_OF_EACH):
        words = _words_of(corpus)
        if not words:
            continue
        for scope in (SearchScope(), SearchScope(corpora=frozenset({corpus}))):
            looked.searches += 1
            found = search(person, words, scope=scope, limit=_HITS).passages
            said = {passage.corpus for passage in found} - allowed
            versions = {passage.version for passage in found}
            versions |= {place.version for passage in found for place in passage.also_in}
            outside = said | _outside(versions, allowed)
            if outside:
                yield Fault("search", f"user {person.pk} finds in corpora {_ids(outside)}")


def _old_answers(person: User, allowed: set[UUID]) -> Iterator[Fault]:
    answers = Message.objects.filter(
        conversation__user=person, role=Message.Role.ASSISTANT
    ).order_by("-created_at")[:ANSWERS_OF_EACH]
    shown = passages_for(person, answers)
    versions = {view.version for views in shown.values() for view in views}
    outside = _outside(versions, allowed)
    if outside:
        yield Fault("answers", f"user {person.pk} is shown quotes from corpora {_ids(outside)}")


def _outside(versions: set[UUID], allowed: set[UUID]) -> set[UUID]:
    """Corpora that those versions are really of, deleted documents too, and that are closed."""
    rows = DocumentVersion.objects.filter(pk__in=versions)
    found = rows.values_list("document__corpus", "document__deleted_at")
    return {corpus for corpus, gone in found if gone is not None or corpus not in allowed}


def _words_of(corpus: UUID) -> str:
    """Of any passage that is online in it."""
    online = Chunk.objects.filter(
        generation=live_generation(), version__live=True, version__document__corpus=corpus
    ).order_by("pk")
    found = online.filter(pk__gte=uuid4()).first() or online.first()
    return found.text[:200] if found else ""


def _sample(keys: Sequence[UUID], most: int) -> list[UUID]:
    return random.sample(keys, min(most, len(keys)))


def _ids(keys: Iterable[UUID]) -> str:
    return ", ".join(sorted(str(key) for key in keys))
