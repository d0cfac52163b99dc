"""Making and changing people and teams. Each verb takes the administrator who acts."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Membership, Organisation, Team, User
from accounts.selectors import administered_organisation, person_managed_by
from common.errors import InvalidInput, NotAllowed


@transaction.atomic
def create_first_administrator(*, email: str, password: str, name: str) -> User:
    """The installation's first person: administrator of its organisation and superuser."""
    organisation, _created = Organisation.objects.get_or_create(
        slug="cassandre", defaults={"name": "Cassandre"}
    )
    user = User.objects.create_superuser(email, password, name=name)
    Membership.objects.create(user=user, organisation=organisation, role=Membership.Role.ADMIN)
    return user


@transaction.atomic
def create_person(
    *, by: User, email: str, name: str, password: str, role: str, teams: Iterable[Team] = ()
) -> User:
    organisation = administered_organisation(by)
    if User.objects.filter(email__iexact=email).exists():
        raise InvalidInput(field="email", reason=_("This e-mail address already has an account."))
    user = User(email=email.lower(), name=name)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    Membership.objects.create(user=user, organisation=organisation, role=role)
    user.teams.set([team for team in teams if team.organisation_id == organisation.pk])
    return user


@transaction.atomic
def update_person(*, by: User, person: User, name: str, role: str, teams: Iterable[Team]) -> User:
    organisation = administered_organisation(by)
    person = person_managed_by(by, person.pk)
    if person == by and role != Membership.Role.ADMIN:
        raise InvalidInput(field="role", reason=_("You cannot take your own role away."))
    person.name = name
    person.save(update_fields=["name"])
    Membership.objects.filter(user=person).update(role=role)
    person.teams.set([team for team in teams if team.organisation_id == organisation.pk])
    return person


def set_person_active(*, by: User, person: User, active: bool) -> None:
    """Deactivating ends the person's sessions at once; nothing of theirs is deleted."""
    person = person_managed_by(by, person.pk)
    if person == by:
        raise InvalidInput(field="active", reason=_("You cannot deactivate your own account."))
    User.objects.filter(pk=person.pk).update(is_active=active)
    if not active:
        end_sessions_of(person)


@transaction.atomic
def set_password(*, by: User, person: User, password: str) -> None:
    """A new password for somebody who has lost theirs; ends all their sessions at once.

    Raises ValidationError where it is too weak, NotAllowed where it would open an account that
    may do more than `by`.
    """
    person = person_managed_by(by, person.pk)
    if person.is_superuser and not by.is_superuser:
        raise NotAllowed(cause=f"user {by.pk} sets the password of the superuser {person.pk}")
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    end_sessions_of(person)


def end_sessions_of(user: User) -> None:
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


@transaction.atomic
def save_team(*, by: User, team: Team | None, name: str, members: Iterable[User]) -> Team:
    organisation = administered_organisation(by)
    if team is None:
        team = Team(organisation=organisation)
    elif team.organisation_id != organisation.pk:
        raise InvalidInput(field="team", reason=_("This team belongs to another organisation."))
    team.name = name
    team.full_clean()
    team.save()
    allowed = User.objects.filter(membership__organisation=organisation)
    team.members.set(allowed.filter(pk__in=[member.pk for member in members]))
    return team


def delete_team(*, by: User, team: Team) -> None:
    Team.objects.filter(pk=team.pk, organisation=administered_organisation(by)).delete()


def unique_slug(name: str, taken: Iterable[str]) -> str:
    """A slug for `name` which is not in `taken`."""
    used = set(taken)
    base = slugify(name)[:50] or "corpus"
    slug, number = base, 2
    while slug in used:
        slug, number = f"{base}-{number}", number + 1
    return slug
