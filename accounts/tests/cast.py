"""The cast of every test that asks who may do what.

alice runs the organisation, erin is a member who curates what she is granted, bob reads what he
is granted, charlie is a colleague who is granted nothing, dana runs another organisation.
"""

from __future__ import annotations

import pytest

from accounts.models import Membership, Organisation, Team, User

PASSWORD = "a-long-enough-passphrase"


def make_organisation(name: str) -> Organisation:
    return Organisation.objects.create(name=name, slug=name.lower().replace(" ", "-"))


def make_person(organisation: Organisation, name: str, role: str = Membership.Role.MEMBER) -> User:
    """A person who signs in as name@example.org with PASSWORD."""
    user = User.objects.create_user(f"{name.lower()}@example.org", PASSWORD, name=name)
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


def make_team(organisation: Organisation, name: str, *members: User) -> Team:
    team = Team.objects.create(organisation=organisation, name=name)
    team.members.set(members)
    return team


@pytest.fixture
def organisation(db: None) -> Organisation:
    return make_organisation("Valmont")


@pytest.fixture
def other_organisation(db: None) -> Organisation:
    return make_organisation("Elsewhere")


@pytest.fixture
def alice(organisation: Organisation) -> User:
    return make_person(organisation, "Alice", Membership.Role.ADMIN)


@pytest.fixture
def erin(organisation: Organisation) -> User:
    return make_person(organisation, "Erin")


@pytest.fixture
def bob(organisation: Organisation) -> User:
    return make_person(organisation, "Bob")


@pytest.fixture
def charlie(organisation: Organisation) -> User:
    return make_person(organisation, "Charlie")


@pytest.fixture
def dana(other_organisation: Organisation) -> User:
    return make_person(other_organisation, "Dana", Membership.Role.ADMIN)
