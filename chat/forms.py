"""What the addresses and the small forms of search and chat may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

from chat.models import Enquiry
from documents.indexing import SECTION_CHARACTERS
from documents.kinds import KEYS
from documents.models import Corpus, Language

MOST_CHOSEN = 100  # of each filter, as the frame `ask` takes


class SlugsField(forms.MultipleChoiceField):
    """Corpora by their slugs; which of them exist for the reader is the view's question."""

    def to_python(self, value: Any) -> list[str]:
        """The home page's “all my corpora” is an empty slug."""
        return [slug for slug in super().to_python(value) if slug]

    def valid_value(self, value: str) -> bool:
        validate_slug(value)
        return True


class SeveralField(forms.MultipleChoiceField):
    """Any values that `each` takes, once each; what they stand for is the view's question."""

    def __init__(self, each: forms.Field) -> None:
        super().__init__(required=False)
        self._each = each

    def clean(self, value: Any) -> list[Any]:
        if len(value or ()) > MOST_CHOSEN:
            raise forms.ValidationError(_("That is more than can be chosen at once."))
        return list(dict.fromkeys(self._each.clean(one) for one in value or ()))


class SearchForm(forms.Form):
    q = forms.CharField(required=False)
    corpus = SlugsField(required=False)
    document = SeveralField(forms.UUIDField())
    type = forms.MultipleChoiceField(
        required=False, choices=[(key, media_type) for key, media_type in KEYS.items()]
    )
    language = forms.MultipleChoiceField(required=False, choices=Language.choices)
    section = SeveralField(forms.CharField(max_length=SECTION_CHARACTERS))
    as_of = forms.DateField(label=_("as it stood on"), required=False, input_formats=["%Y-%m-%d"])


class ConversationListForm(forms.Form):
    find = forms.CharField(required=False, max_length=200)
    deleted = forms.UUIDField(required=False)  # shows how to take a deletion back
    rename = forms.BooleanField(required=False)  # opens the field of the title
    answer = forms.UUIDField(required=False)  # shown whatever version was stepped to


class TitleForm(forms.Form):
    title = forms.CharField(label=_("title"), max_length=200)


class VersionForm(forms.Form):
    message = forms.UUIDField()


class EnquiryForm(forms.Form):
    """A question sent on to people."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[
            (Enquiry.Kind.COLLEAGUE, _("I need to know more")),
            (Enquiry.Kind.WRONG, _("This answer is wrong")),
        ],
        initial=Enquiry.Kind.COLLEAGUE,
        required=False,  # where nothing was found there is nothing to choose
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What they should know to answer you."),
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Enquiry.Kind.COLLEAGUE


class CorrectionForm(forms.Form):
    """An answer as its reader would have it."""

    text = forms.CharField(
        label=_("The answer as it should be"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Numbers in brackets, as in [1], are those of the sources."),
    )
    note = forms.CharField(
        label=_("Why"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where it is written, or who told you."),
    )
    corpus = forms.TypedChoiceField(label=_("For the curators of"), coerce=UUID)

    def __init__(self, corpora: Iterable[Corpus], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(corpus.pk), corpus.name) for corpus in corpora]
        self.fields["corpus"].choices = choices  # type: ignore[attr-defined]
