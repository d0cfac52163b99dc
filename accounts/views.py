"""Signing in, and a new password by mail where mail is configured. allauth's views, our pages."""

from __future__ import annotations

from typing import Any

from allauth.account import views
from allauth.account.forms import ResetPasswordForm, ResetPasswordKeyForm
from allauth.core import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import get_language

from accounts.services import end_sessions_of
from accounts.tasks import send_password_mail


class LoginView(views.LoginView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_mail": bool(settings.EMAIL_HOST)}


class _OnlyWithMail:
    """Without a mail server these doors do not exist."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.EMAIL_HOST:
            raise Http404
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


class AddressForm(ResetPasswordForm):  # type: ignore[misc]
    def clean_email(self) -> str:
        """Nobody is looked for: what is done for an address must not tell whether it is known."""
        address: str = self.cleaned_data["email"]
        return address


class PasswordResetView(_OnlyWithMail, views.PasswordResetView):  # type: ignore[misc]
    def get_form_class(self) -> type[AddressForm]:
        return AddressForm

    def form_valid(self, form: AddressForm) -> HttpResponse:
        """The same for every address, in the same time: a worker looks for the account."""
        address = form.cleaned_data["email"]
        refused: HttpResponse | None = ratelimit.consume_or_429(
            self.request, action="reset_password", key=address.lower()
        )
        if refused:
            return refused
        origin = self.request.build_absolute_uri("/").rstrip("/")
        send_password_mail.delay(address, get_language(), origin)
        return redirect("account_reset_password_done")


class PasswordResetDoneView(_OnlyWithMail, views.PasswordResetDoneView):  # type: ignore[misc]
    pass


class PasswordResetFromKeyView(_OnlyWithMail, views.PasswordResetFromKeyView):  # type: ignore[misc]
    success_url = reverse_lazy("account_login")

    def form_valid(self, form: ResetPasswordKeyForm) -> HttpResponse:
        """Whoever else had the old password is out at once."""
        response: HttpResponse = super().form_valid(form)
        end_sessions_of(self.reset_user)
        return response
