"""Who is who, and who may manage people. The only way to rows of this app."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField, QuerySet, UUIDField
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import Membership, Organisation, Team, User
from common.errors import NotAllowed, NotFound
from common.prepared import Prepared

_ACTIVE = Prepared(
    lambda pk: User.objects.filter(pk=pk, is_active=True).select_related("membership"),
    pk=UUIDField(),
)
_SESSION = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
    key=CharField(),
    now=DateTimeField(),
)
_MEMBERSHIP = Prepared(
    lambda user: Membership.objects.filter(user=user, user__is_active=True).select_related(
        "organisation"
    ),
    user=UUIDField(),
)


def active_user(pk: UUID | str) -> User:
    """The user with an open account, read anew: what tasks and sockets re-derive rights from."""
    user = _ACTIVE.first(pk=pk)
    if user is None:
        raise NotAllowed(cause=f"user {pk} is unknown or deactivated")
    return user


def user_of_session(session_key: str) -> User | None:
    """Whom a session signs in: it has neither ended nor expired, the account is open, and the
    password is the one that it was opened with."""
    session = _SESSION.first(key=session_key, now=timezone.now())
    if session is None:
        return None
    said = session.get_decoded()
    try:
        user = _ACTIVE.first(pk=UUID(said[SESSION_KEY]))
    except (KeyError, ValueError):  # of a visitor who has not signed in
        return None
    if user is None:
        return None
    signed_in = constant_time_compare(said.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    return user if signed_in else None


def membership_of(user: User) -> Membership:
    membership = _MEMBERSHIP.first(user=user.pk)
    if membership is None:
        raise NotAllowed(cause=f"user {user.pk} belongs to no organisation")
    return membership


def organisation_of(user: User) -> Organisation:
    return membership_of(user).organisation


def is_admin(user: User) -> bool:
    return Membership.objects.filter(
        user=user, user__is_active=True, role=Membership.Role.ADMIN
    ).exists()


def administered_organisation(user: User) -> Organisation:
    """The organisation whose people `user` manages; refuses everyone else."""
    membership = membership_of(user)
    if membership.role != Membership.Role.ADMIN:
        raise NotAllowed(cause=f"user {user.pk} is no administrator")
    return membership.organisation


def people_managed_by(user: User) -> QuerySet[User]:
    organisation = administered_organisation(user)
    return (
        User.objects.filter(membership__organisation=organisation)
        .select_related("membership")
        .prefetch_related("teams")
        .order_by("name", "email")
    )


def person_managed_by(user: User, pk: UUID | str) -> User:
    person = people_managed_by(user).filter(pk=pk).first()
    if person is None:
        raise NotFound(cause=f"person {pk}")
    return person


def teams_managed_by(user: User) -> QuerySet[Team]:
    organisation = administered_organisation(user)
    return Team.objects.filter(organisation=organisation).prefetch_related("members")


def team_managed_by(user: User, pk: UUID | str) -> Team:
    team = teams_managed_by(user).filter(pk=pk).first()
    if team is None:
        raise NotFound(cause=f"team {pk}")
    return team


def colleagues_of(user: User) -> QuerySet[User]:
    """Active people of the same organisation, e.g. to choose whom a corpus is granted to."""
    return User.objects.filter(
        membership__organisation=organisation_of(user), is_active=True
    ).order_by("name", "email")


def teams_of_organisation(user: User) -> QuerySet[Team]:
    return Team.objects.filter(organisation=organisation_of(user))


def person_to_mail(address: str) -> User | None:
    """Who signs in with `address`, to be written to. For a task alone: whether there is somebody
    must not be told to who asks."""
    return User.objects.filter(email__iexact=address, is_active=True).first()
