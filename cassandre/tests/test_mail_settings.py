"""Mail is off until a server is named, and then everything about it is said at once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

SERVER = {"EMAIL_HOST": "mail.example.org", "DEFAULT_FROM_EMAIL": "Cassandre <c@example.org>"}


def test_nothing_is_sent_without_a_server(boot):
    settings = boot()
    assert not settings["EMAIL_HOST"]
    assert settings["EMAIL_BACKEND"].endswith(".dummy.EmailBackend")


def test_a_server_is_spoken_to_with_tls_unless_told_otherwise(boot, tmp_path):
    (tmp_path / "password").write_text("of-the-mailbox\n")
    settings = boot(**SERVER, EMAIL_HOST_PASSWORD_FILE=str(tmp_path / "password"))
    assert settings["EMAIL_BACKEND"].endswith(".smtp.EmailBackend")
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"]) == (587, True)
    assert settings["EMAIL_HOST_PASSWORD"] == "of-the-mailbox"
    assert boot(**SERVER, EMAIL_USE_SSL="true")["EMAIL_USE_TLS"] is False


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"DEFAULT_FROM_EMAIL": ""}, "DEFAULT_FROM_EMAIL="),
        ({"DEFAULT_FROM_EMAIL": "Cassandre"}, "DEFAULT_FROM_EMAIL=Cassandre"),
        ({"EMAIL_USE_TLS": "true", "EMAIL_USE_SSL": "true"}, "EMAIL_USE_SSL=true"),
        ({"EMAIL_PORT": "smtp"}, "EMAIL_PORT=smtp"),
    ],
)
def test_what_cannot_work_is_refused_by_name(boot, wrong, named):
    with pytest.raises(ImproperlyConfigured, match=named):
        boot(**SERVER | wrong)
