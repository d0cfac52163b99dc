"""Forms of the back office. Templates lay them out; here is what is asked and what is wrong."""

from __future__ import annotations

from typing import Any
from uuid import uuid4, uuid5

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Team, User
from accounts.selectors import (
    colleagues_of,
    people_managed_by,
    teams_managed_by,
    teams_of_organisation,
)
from ai.services import chat_model_names, get_embedder
from chat.models import TurnLog
from chat.replays import ReplayAsked
from common.errors import InvalidInput
from documents.adapters.tools.tesseract import find_tesseract
from documents.glossary import MAX_CHARACTERS, MAX_EXPANSIONS, MAX_TERM_CHARACTERS
from documents.models import Corpus, CorpusGrant
from documents.services import Grant


class Refusable(forms.Form):
    """Takes a service's refusal to the field that it concerns."""

    # Where a refusal that names no field of ours is shown.
    main_field = "name"

    def refuse(self, error: ValidationError | InvalidInput) -> None:
        if isinstance(error, InvalidInput):
            field = str(error.params.get("field", ""))
            self.add_error(self._known(field), str(error.params.get("reason", "")))
            return
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for field, sentences in by_field.items():
            for sentence in sentences:
                self.add_error(self._known(field), sentence)

    def _known(self, field: str) -> str:
        return field if field in self.fields else self.main_field


class CorpusForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable
    class Meta:
        model = Corpus
        fields = [
            "name",
            "language",
            "welcome_message",
            "instructions",
            "passages_read",
            "dense_weight",
            "words_only",
            "ocr",
            "visibility",
        ]
        widgets = {
            "dense_weight": forms.NumberInput(attrs={"min": 0, "max": 10, "step": 0.1}),
            "welcome_message": forms.Textarea(attrs={"rows": 2}),
            "instructions": forms.Textarea(attrs={"rows": 4}),
            "visibility": forms.RadioSelect,
        }
        help_texts = {
            "language": _("Of most of its documents."),
            "welcome_message": _("Above the search field."),
            "instructions": _("What Cassandre must always respect in its answers."),
            "passages_read": _("For each answer, from 1 to 20."),
            "dense_weight": _("Beside the words, whose best passage counts 1. 0: words alone."),
            "words_only": _(
                "For very large corpora: a quarter of the disk, but misspelt and kindred words "
                "are no longer found, nor in other corpora where they are searched together. "
                "Documents are written anew over the next minutes."
            ),
            "ocr": _(
                "Pages that are pictures are read by OCR, which takes some seconds each. A change "
                "counts for files from now on, and for those that are tried again."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if get_embedder() is None:
            del self.fields["dense_weight"]
        if not find_tesseract():
            self.fields["ocr"].help_text = _(
                "There is no OCR on this server: pages that are pictures are named and stay "
                "unread. Your administrator can install Tesseract."
            )


class GlossaryEntryForm(Refusable):
    main_field = "term"

    term = forms.CharField(label=_("Term"), max_length=MAX_TERM_CHARACTERS)
    expansions = forms.CharField(
        label=_("Stands for"),
        max_length=MAX_EXPANSIONS * MAX_CHARACTERS,
        help_text=_("Several meanings with semicolons between them."),
    )
    # The entry that is edited: under another term it takes that one's place.
    instead_of = forms.UUIDField(required=False, widget=forms.HiddenInput)


class GlossaryFileForm(Refusable):
    main_field = "file"

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("One term per line: the term, then what it stands for in the next cells."),
    )
    replace_all = forms.BooleanField(
        label=_("Remove the terms that the file does not hold"), required=False
    )


class GrantForm(Refusable):
    """Who may read or curate a corpus: a team or a person, in one list."""

    main_field = "who"

    who = forms.ChoiceField(label=_("Team or person"))
    right = forms.ChoiceField(label=_("Right"), choices=CorpusGrant.Right)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {f"team:{team.pk}": team for team in teams_of_organisation(user)}
        self.people = {f"person:{person.pk}": person for person in colleagues_of(user)}
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose…")),
            (_("Teams"), [(key, team.name) for key, team in self.teams.items()]),
            (_("People"), [(key, str(person)) for key, person in self.people.items()]),
        ]

    def grant(self) -> Grant:
        who = self.cleaned_data["who"]
        return Grant(
            right=self.cleaned_data["right"],
            team=self.teams.get(who),
            user=self.people.get(who),
        )


class PersonForm(Refusable):
    """What an administrator may change of a person."""

    name = forms.CharField(label=_("Name"), max_length=150)
    role = forms.ChoiceField(
        label=_("Role"), choices=Membership.Role, widget=forms.RadioSelect, initial="member"
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        queryset=Team.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["teams"].queryset = teams_managed_by(user)  # type: ignore[attr-defined]


class NewPersonForm(PersonForm):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    password = forms.CharField(
        label=_("Initial password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty to have one made, which is shown once."),
    )

    field_order = ["email", "name", "password", "role", "teams"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password = cleaned.get("password")
        if password:
            person = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class PasswordForm(Refusable):
    main_field = "password"

    password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty to have one made, which is shown once."),
    )


class TeamForm(Refusable):
    name = forms.CharField(label=_("Name"), max_length=120)
    members = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = people_managed_by(user)  # type: ignore[attr-defined]


class ReplayForm(forms.Form):
    """A question asked again: which one thing is changed, and to what."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    change = forms.ChoiceField(choices=TurnLog.Change)
    model = forms.ChoiceField(label=_("Model"), required=False)
    instructions = forms.CharField(
        label=_("Instructions"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For this try alone; those of the corpus stay as they are."),
    )
    passages = forms.IntegerField(
        label=_("Number of passages"), min_value=1, max_value=20, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = [(name, name) for name in chat_model_names()]
        self.fields["model"].choices = models  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        change = cleaned.get("change")
        if (
            change in ("model", "passages")
            and not cleaned.get(change)
            and change not in self.errors
        ):
            self.add_error(change, self.fields[change].error_messages["required"])
        return cleaned

    def asked(self) -> ReplayAsked:
        """Sent twice it is the same one; with something else in it, it is another."""
        cleaned = self.cleaned_data
        change = cleaned["change"]
        return ReplayAsked(
            id=uuid5(cleaned["id"], f"{change} {cleaned[change]}"),
            change=change,
            model=cleaned["model"],
            instructions=cleaned["instructions"].strip(),
            passages=cleaned["passages"] or 0,
        )


class ReplyForm(forms.Form):
    """What an enquiry's asker reads."""

    reply = forms.CharField(
        label=_("Your reply"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("It stands under the answer, with your name."),
    )
