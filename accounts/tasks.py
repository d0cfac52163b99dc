from __future__ import annotations

from smtplib import SMTPException

from celery import shared_task
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from accounts.selectors import person_to_mail

TEMPLATE = "account/email/password_reset_key"


class MailNotSent(Exception):
    """By its kind alone: what mail servers say repeats addresses, and logs hold none."""


@shared_task(  # type: ignore[untyped-decorator]
    name="accounts.send_password_mail",
    autoretry_for=(MailNotSent,),
    retry_backoff=10,
    max_retries=4,
)
def send_password_mail(address: str, language: str, origin: str) -> None:
    """Send the link with which `address` chooses a new password, if somebody signs in with it.

    `origin` is the site as the browser knows it, with scheme and host. Runs once for every address
    that is asked for, known or not, so that asking tells nothing. Raises MailNotSent where the mail
    server still fails after four more tries.
    """
    from allauth.account.forms import default_token_generator  # noqa: PLC0415 (not in each worker)
    from allauth.account.utils import user_pk_to_url_str  # noqa: PLC0415 (as above)

    person = person_to_mail(address)
    if person is None:
        return
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    link = origin + reverse("account_reset_password_from_key", kwargs=key)
    with override(language):
        subject = render_to_string(f"{TEMPLATE}_subject.txt").strip()
        message = render_to_string(f"{TEMPLATE}_message.txt", {"person": person, "link": link})
    # To the address of the account, not to what was typed: they may differ in letters alike.
    try:
        send_mail(subject, message, from_email=None, recipient_list=[person.email])
    except (SMTPException, OSError) as error:
        raise MailNotSent(type(error).__name__) from None
