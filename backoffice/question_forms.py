"""Forms of the sets of questions that a corpus is measured with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import Refusable
from evaluation.drafts import (
    MAX_ANSWER_CHARACTERS,
    MAX_CHARACTERS,
    Documents,
    QuestionDraft,
    question_draft,
)
from evaluation.services import MAX_NAME_CHARACTERS


class QuestionSetForm(Refusable):
    name = forms.CharField(label=_("Name of the new set"), max_length=MAX_NAME_CHARACTERS)


class QuestionForm(Refusable):
    main_field = "text"

    text = forms.CharField(label=_("Question"), max_length=MAX_CHARACTERS)
    answerable = forms.BooleanField(
        label=_("Its answer is in this corpus"), required=False, initial=True
    )
    expected = forms.CharField(
        label=_("Right pages"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One per line: title or file name; page. Each of them holds the answer."),
    )
    gold_answer = forms.CharField(
        label=_("Right answer, for people"),
        required=False,
        max_length=MAX_ANSWER_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    # The question that is edited: in other words it takes that one's place.
    instead_of = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def draft(self, documents: Documents) -> QuestionDraft:
        asked: dict[str, Any] = self.cleaned_data
        return question_draft(
            asked["text"],
            documents.pages(asked["expected"]),
            answerable=asked["answerable"],
            gold_answer=asked["gold_answer"],
        )


class QuestionsFileForm(Refusable):
    main_field = "file"

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_(
            "Question; document; page; whether it can be answered (yes or no); right answer. One"
            " line for each right page."
        ),
    )
    replace_all = forms.BooleanField(
        label=_("Remove the questions that the file does not hold"), required=False
    )


class ThresholdForm(forms.Form):
    threshold = forms.FloatField(min_value=0.0, max_value=1.0)
