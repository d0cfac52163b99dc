"""What is tried in the workbench: all of it stands in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import colleagues_of
from backoffice.workbench import Asked
from chat.frames import MAX_QUESTION_CHARACTERS
from documents.models import Corpus
from documents.selectors import corpora_curated_by


class WorkbenchForm(forms.Form):
    q = forms.CharField(label=_("Question"), max_length=MAX_QUESTION_CHARACTERS)
    corpus = forms.ModelChoiceField(
        label=_("Corpus"),
        queryset=Corpus.objects.none(),
        required=False,
        empty_label=_("All that I curate"),
    )
    person = forms.ModelChoiceField(
        label=_("With the rights of"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Myself"),
    )
    day = forms.DateField(
        label=_("As it stood on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    document = forms.CharField(
        label=_("Why is this document missing?"),
        required=False,
        max_length=300,
        help_text=_("Its title or the name of its file, or a part of it."),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self.fields["corpus"].queryset = corpora_curated_by(user)  # type: ignore[attr-defined]
        colleagues = colleagues_of(user).exclude(pk=user.pk)
        self.fields["person"].queryset = colleagues  # type: ignore[attr-defined]

    def asked(self) -> Asked:
        said = self.cleaned_data
        is_today = said["day"] == timezone.localdate()
        return Asked(
            question=said["q"].strip(),
            person=said["person"] or self._user,
            corpus=said["corpus"].pk if said["corpus"] else None,
            day=None if is_today else said["day"],
        )
