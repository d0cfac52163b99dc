from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Team, User
from accounts.tests.cast import make_person, make_team
from documents.tests.builders import grant

PEOPLE = reverse("backoffice:people")
NEW = reverse("backoffice:person_new")
ZOE = {"email": "Zoe@Example.org", "name": "Zoe", "role": "member", "password": ""}


@pytest.fixture
def client(alice, signed_in):
    return signed_in(alice)


def page(name, row):
    return reverse(f"backoffice:{name}", args=[row.pk])


def names(response):
    return [person.name for person in response.context["page"]]


def test_a_person_is_created_with_a_password_that_is_shown_once(client, organisation):
    team = make_team(organisation, "Payroll team")
    response = client.post(NEW, {**ZOE, "teams": [team.pk]})
    zoe = User.objects.get(email="zoe@example.org")
    made = response.context["password"]
    assert zoe.check_password(made)
    assert len(made) >= 16
    assert made in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert (zoe.membership.organisation, zoe.membership.role) == (organisation, "member")
    assert list(zoe.teams.all()) == [team]


def test_a_password_that_was_given_is_not_shown(client):
    response = client.post(NEW, {**ZOE, "password": "a-long-enough-passphrase"})
    assert User.objects.get(name="Zoe").check_password("a-long-enough-passphrase")
    assert "a-long-enough-passphrase" not in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"email": "nonsense"}, "email", "valid email"),
        ({"email": "ALICE@example.org"}, "email", "already has an account"),
        ({"name": ""}, "name", "required"),
        ({"password": "short"}, "password", "too short"),
        ({"role": "owner"}, "role", "valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client, changes, field, sentence):
    response = client.post(NEW, {**ZOE, **changes})
    assert list(response.context["form"].errors) == [field]
    assert sentence in response.content.decode()
    assert User.objects.count() == 1


def test_name_role_and_teams_are_changed(client, bob, organisation):
    team = make_team(organisation, "Payroll team")
    data = {"name": "Bobby", "role": "admin", "teams": [str(team.pk)]}
    client.post(page("person", bob), data)
    bob.refresh_from_db()
    assert bob.name == "Bobby"
    assert Membership.objects.get(user=bob).role == "admin"
    assert list(bob.teams.all()) == [team]


def test_nobody_takes_their_own_role_away(client, alice):
    response = client.post(page("person", alice), {"name": "Alice", "role": "member"})
    assert "You cannot take your own role away." in response.content.decode()
    assert Membership.objects.get(user=alice).role == "admin"


def test_deactivating_ends_the_sessions_and_can_be_taken_back(client, bob, handbook, signed_in):
    browser = signed_in(bob)
    client.post(page("person_activity", bob), {"active": "no"})
    bob.refresh_from_db()
    assert not bob.is_active
    assert browser.get("/admin/").status_code == 302
    response = client.post(page("person_activity", bob), {"active": "yes"}, follow=True)
    assert "Bob can sign in again." in response.content.decode()
    bob.refresh_from_db()
    assert bob.is_active


def test_a_new_password_is_made_shown_once_and_ends_all_sessions(client, bob, handbook, signed_in):
    browser = signed_in(bob)
    assert "Set a new password" in client.get(page("person", bob)).content.decode()
    response = client.post(page("person_password", bob), {"password": ""})
    made = response.context["password"]
    assert made in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    bob.refresh_from_db()
    assert len(made) >= 16
    assert bob.check_password(made)
    assert browser.get("/search/").status_code == 302
    assert made not in client.get(page("person_password", bob)).content.decode()


def test_a_new_password_that_was_typed_is_not_shown(client, bob):
    response = client.post(page("person_password", bob), {"password": "a-long-enough-passphrase"})
    assert "a-long-enough-passphrase" not in response.content.decode()
    bob.refresh_from_db()
    assert bob.check_password("a-long-enough-passphrase")


def test_a_weak_password_is_refused_and_the_old_one_stays(client, bob, handbook, signed_in):
    browser = signed_in(bob)
    response = client.post(page("person_password", bob), {"password": "short"})
    assert list(response.context["form"].errors) == ["password"]
    assert "too short" in response.content.decode()
    assert browser.get("/search/").status_code == 200


def test_an_administrator_does_not_open_the_account_of_a_superuser(client, alice, erin):
    User.objects.filter(pk=erin.pk).update(is_superuser=True)
    before = User.objects.get(pk=erin.pk).password
    typed = {"password": "a-long-enough-passphrase"}
    assert client.post(page("person_password", erin), typed).status_code == 403
    assert User.objects.get(pk=erin.pk).password == before
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    assert client.post(page("person_password", erin), typed).status_code == 200


def test_nobody_deactivates_themselves(client, alice):
    assert client.post(page("person_activity", alice), {"active": "no"}).status_code == 400
    assert "Deactivate" not in client.get(page("person", alice)).content.decode()


def test_a_page_shows_what_a_person_is_granted_and_through_which_team(
    client, handbook, charlie, organisation
):
    grant(handbook, make_team(organisation, "Readers", charlie))
    text = client.get(page("person", charlie)).content.decode()
    assert "Handbook" in text
    assert "through Readers" in text


def test_the_list_is_searched_filtered_and_sorted(client, bob, charlie, erin):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert names(client.get(PEOPLE)) == ["Alice", "Bob", "Charlie", "Erin"]
    assert names(client.get(PEOPLE, {"q": "CHAR"})) == ["Charlie"]
    assert names(client.get(PEOPLE, {"q": "erin@"})) == ["Erin"]
    assert names(client.get(PEOPLE, {"state": "inactive"})) == ["Bob"]
    assert names(client.get(PEOPLE, {"state": "active"})) == ["Alice", "Charlie", "Erin"]
    assert names(client.get(PEOPLE, {"sort": "-name"})) == ["Erin", "Charlie", "Bob", "Alice"]
    assert names(client.get(PEOPLE, {"sort": "role"}))[0] == "Alice"
    assert names(client.get(PEOPLE, {"sort": "password"}))[0] == "Alice"


def test_teams_are_created_changed_and_deleted_by_name(client, bob, charlie):
    client.post(reverse("backoffice:team_new"), {"name": "Payroll", "members": [str(bob.pk)]})
    team = Team.objects.get()
    assert list(team.members.all()) == [bob]
    client.post(page("team", team), {"name": "Pay", "members": [str(charlie.pk)]})
    team.refresh_from_db()
    assert (team.name, list(team.members.all())) == ("Pay", [charlie])
    client.post(page("team_delete", team), {"confirmation": "Payroll"})
    assert Team.objects.exists()
    client.post(page("team_delete", team), {"confirmation": "pay"})
    assert not Team.objects.exists()


def test_two_teams_do_not_share_a_name(client, organisation):
    make_team(organisation, "Payroll")
    response = client.post(reverse("backoffice:team_new"), {"name": "PAYROLL"})
    assert "A team of this name exists already." in response.content.decode()


def test_strangers_are_offered_neither_as_members_nor_as_teams(client, dana, other_organisation):
    make_team(other_organisation, "Foreigners", dana)
    assert "Dana" not in client.get(reverse("backoffice:team_new")).content.decode()
    assert "Foreigners" not in client.get(NEW).content.decode()
    response = client.post(
        reverse("backoffice:team_new"), {"name": "Pay", "members": [str(dana.pk)]}
    )
    assert list(response.context["form"].errors) == ["members"]


@pytest.mark.parametrize("url", ["people", "people_export", "teams", "teams_export"])
def test_the_number_of_queries_does_not_grow_with_the_rows(url, client, organisation):
    def fill(first, last):
        for number in range(first, last):
            make_team(organisation, f"Team {number}", make_person(organisation, f"P{number}"))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(f"backoffice:{url}")).status_code == 200
        return len(captured)

    fill(0, 3)
    few = queries()
    fill(3, 30)
    assert queries() == few
    assert few <= 10
