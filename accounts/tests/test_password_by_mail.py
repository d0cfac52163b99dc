"""A new password by mail: for whom has an account, without a word about who has one."""

from __future__ import annotations

import re
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tasks import MailNotSent, send_password_mail
from accounts.tests.cast import PASSWORD

ASK = reverse("account_reset_password")
DONE = reverse("account_reset_password_done")
LOGIN = reverse("account_login")
CHOSEN = "another-long-passphrase"


@pytest.fixture(autouse=True)
def mail_server(settings, monkeypatch):
    settings.EMAIL_HOST = "mail.example.org"
    settings.DEFAULT_FROM_EMAIL = "cassandre@example.org"
    # Where a worker would.
    monkeypatch.setattr(send_password_mail, "delay", send_password_mail)


def ask(address: str, **headers: str):
    return Client(headers=headers).post(ASK, {"email": address})


def link() -> str:
    found = re.search(r"https?://\S+", str(mail.outbox[-1].body))
    assert found
    return found[0].removeprefix("http://testserver")


def choose(client: Client, password: str):
    form = client.get(link(), follow=True)
    return client.post(form.request["PATH_INFO"], {"password1": password, "password2": password})


def can_sign_in(password: str) -> bool:
    client = Client()
    client.post(LOGIN, {"login": "bob@example.org", "password": password})
    return SESSION_KEY in client.session


def test_a_person_chooses_a_new_password_by_the_link(bob):
    assert ask("Bob@Example.org").headers["Location"] == DONE
    [message] = mail.outbox
    assert message.to == ["bob@example.org"]
    assert message.from_email == "cassandre@example.org"
    done = choose(Client(), CHOSEN)
    assert done.headers["Location"] == LOGIN
    assert can_sign_in(CHOSEN)
    assert not can_sign_in(PASSWORD)


def test_the_mail_is_in_the_language_of_the_page(bob):
    ask("bob@example.org", accept_language="fr")
    assert mail.outbox[0].subject == "Choisissez un nouveau mot de passe pour Cassandre"
    assert "Bonjour Bob" in mail.outbox[0].body


@pytest.mark.parametrize("address", ["nobody@example.org", "charlie@example.org"])
def test_who_has_no_account_that_opens_cannot_be_told_from_who_has(bob, charlie, address):
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    known, unknown = ask("bob@example.org"), ask(address)
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    assert [message.to for message in mail.outbox] == [["bob@example.org"]]


def test_asking_is_the_same_work_for_every_address(bob, monkeypatch, django_assert_num_queries):
    """What would differ, looking and sending, is a worker's."""
    handed_on = []
    monkeypatch.setattr(send_password_mail, "delay", lambda *words: handed_on.append(words))
    for address in ("bob@example.org", "nobody@example.org"):
        with django_assert_num_queries(0):
            ask(address)
    assert [words[0] for words in handed_on] == ["bob@example.org", "nobody@example.org"]


def test_a_link_works_once(bob):
    ask("bob@example.org")
    choose(Client(), CHOSEN)
    page = Client().get(link(), follow=True).content.decode()
    assert "no longer works" in page
    assert 'type="password"' not in page


def test_a_link_is_for_one_person_alone(bob, dana):
    ask("bob@example.org")
    mine = link()
    ask("dana@example.org")
    theirs = link()
    person, key = re.compile(r"/key/([^-]+)-([^/]+)/"), re.compile(r"-([^/]+)/$")
    mixed = mine.replace(key.search(mine)[1], key.search(theirs)[1])
    assert person.search(mixed)[1] == person.search(mine)[1]
    assert "no longer works" in Client().get(mixed, follow=True).content.decode()


def test_a_weak_password_is_refused_and_the_link_still_works(bob):
    ask("bob@example.org")
    client = Client()
    assert choose(client, "12345678").status_code == 200
    assert choose(client, CHOSEN).status_code == 302
    assert can_sign_in(CHOSEN)


def test_whoever_else_is_signed_in_as_that_person_is_out(bob):
    elsewhere = Client()
    elsewhere.force_login(bob)
    ask("bob@example.org")
    choose(Client(), CHOSEN)
    assert elsewhere.get("/chat/").status_code == 302


def test_mails_to_one_address_are_few_whoever_asks(bob, settings):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "100/m/ip,5/h/key"}
    cache.clear()
    answers = [ask("bob@example.org").status_code for _time in range(6)]
    assert answers == [302] * 5 + [429]
    assert len(mail.outbox) == 5
    unknown = [ask("nobody@example.org").status_code for _time in range(6)]
    assert unknown == answers


def test_a_mail_server_that_fails_is_tried_again_and_named_without_the_address(bob, monkeypatch):
    tries = []

    def broken(*_words, **_options):
        tries.append(1)
        raise SMTPRecipientsRefused({"bob@example.org": (550, b"no bob@example.org here")})

    monkeypatch.setattr("accounts.tasks.send_mail", broken)
    given = ("bob@example.org", "en", "http://testserver")
    failed = send_password_mail.apply(args=given)  # eagerly, with its retries
    assert len(tries) == 5
    assert isinstance(failed.result, MailNotSent)
    assert str(failed.result) == "SMTPRecipientsRefused"
    assert "example.org" not in failed.traceback


def test_the_sign_in_page_leads_there(client):
    assert f'href="{ASK}"' in client.get(LOGIN, headers={"accept-language": "en"}).content.decode()


class TestWithoutAMailServer:
    @pytest.fixture(autouse=True)
    def mail_server(self, settings):
        settings.EMAIL_HOST = ""

    def test_the_sign_in_page_says_whom_to_ask(self, client):
        page = client.get(LOGIN, headers={"accept-language": "en"}).content.decode()
        assert "Your administrator gives you a new one." in page
        assert ASK not in page

    @pytest.mark.parametrize("address", [ASK, DONE, f"{ASK}key/1-abc/"])
    def test_the_doors_do_not_exist(self, db, client, address):
        assert client.get(address).status_code == 404
        assert client.post(address, {"email": "bob@example.org"}).status_code == 404
