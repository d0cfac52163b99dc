"""The form of an approved answer: its fields, and the passages that are ticked in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import colleagues_of
from backoffice.forms import Refusable
from documents.approved_services import ApprovedDraft, found_again
from documents.models import ApprovedAnswer, Language
from documents.retrieval import SearchScope, search
from documents.selectors import corpora_curated_by
from documents.spans import ReadSpan, Span, read_spans

_FOUND = 8
_MAX_PASSAGES = 20
_MAX_ALTERNATIVES = 30


class ApprovedForm(Refusable):
    main_field = "question"

    question = forms.CharField(label=_("Question"), max_length=500)
    alternatives = forms.CharField(
        label=_("Other wordings"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "One per line. Question words, accents and word order do not matter; a wording that"
            " uses other nouns or verbs should be listed."
        ),
    )
    text = forms.CharField(
        label=_("Answer"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("Cite the passages below by their numbers, as in [1]."),
    )
    corpus = forms.TypedChoiceField(
        label=_("Corpus"), coerce=UUID, help_text=_("Whoever may read it is given the answer.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language)
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.none(),
        help_text=_("Answers for it, by name."),
    )
    review_on = forms.DateField(
        label=_("To be reviewed by"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Afterwards it is still given, and said to be due."),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        corpora = corpora_curated_by(user)
        choices = [(str(corpus.pk), corpus.name) for corpus in corpora]
        self.fields["corpus"].choices = choices  # type: ignore[attr-defined]
        self.fields["owner"].queryset = colleagues_of(user)  # type: ignore[attr-defined]

    def clean_alternatives(self) -> tuple[str, ...]:
        lines = [line.strip() for line in self.cleaned_data["alternatives"].splitlines()]
        wordings = tuple(dict.fromkeys(line for line in lines if line))
        if len(wordings) > _MAX_ALTERNATIVES:
            raise forms.ValidationError(
                _t("At most %(count)s wordings.") % {"count": _MAX_ALTERNATIVES}
            )
        if any(len(wording) > 500 for wording in wordings):
            raise forms.ValidationError(_t("A wording has at most 500 characters."))
        return wordings

    def draft(self, passages: Mapping[int, Span], **origin: Any) -> ApprovedDraft:
        return ApprovedDraft(**self.cleaned_data, passages=passages, **origin)


@dataclass(frozen=True, slots=True)
class PassageChoice:
    """A passage as a line to tick."""

    number: int  # 0: would get the next one
    token: str
    title: str
    reference: str
    text: str
    url: str
    note: str
    checked: bool


def token_of(number: int, span: Span) -> str:
    return f"{number}:{span.version}:{span.page}:{span.start}:{span.end}"


def ticked(query: QueryDict) -> dict[int, Span]:
    """The passages of a form by their numbers; what was found and ticked gets the next ones."""
    passages: dict[int, Span] = {}
    new = []
    for token in query.getlist("passage")[:_MAX_PASSAGES]:
        number, span = _read_token(token)
        if number:
            passages[number] = span
        elif span is not None:
            new.append(span)
    for span in new:
        if span not in passages.values():
            passages[max(passages, default=0) + 1] = span
    return passages


def _read_token(token: str) -> tuple[int, Any]:
    try:
        number, version, page, start, end = token.split(":")
        return int(number), Span(UUID(version), int(page), int(start), int(end))
    except ValueError:
        return 0, None


def choices_of(user: User, passages: Mapping[int, Span]) -> list[PassageChoice]:
    """Those that were ticked."""
    read = {each.span: each for each in read_spans(user, passages.values())}
    return [
        _choice(number, read[span], "" if read[span].live else _t("An earlier version."), True)
        for number, span in sorted(passages.items())
        if span in read
    ]


def choices_found(
    user: User, corpus: UUID, words: str, known: Iterable[Span]
) -> list[PassageChoice]:
    """What a search of the corpus finds, to tick."""
    scope = SearchScope(corpora=frozenset({corpus}))
    found = search(user, words, scope=scope, limit=_FOUND).passages
    spans = [Span(each.version, each.page, each.start, each.end) for each in found]
    ticked_already = set(known)
    read = read_spans(user, [span for span in spans if span not in ticked_already])
    return [_choice(0, each, "", False) for each in read]


def choices_kept(user: User, approved: ApprovedAnswer) -> list[PassageChoice]:
    """Those of an approved answer, found again in what is online now where their words stand."""
    choices = []
    for passage in approved.passages.all():
        span = found_again(user, passage)
        read = next(iter(read_spans(user, [span])), None) if span is not None else None
        if read is None:
            choices.append(
                PassageChoice(
                    number=passage.number,
                    token="",
                    title=passage.title,
                    reference="",
                    text=passage.quote,
                    url="",
                    note=_t("These words are not in what is online now. Choose another passage."),
                    checked=False,
                )
            )
            continue
        is_new = read.span.version != passage.version_id
        note = _t("Found again in the newer version.") if is_new else ""
        choices.append(_choice(passage.number, read, note, True))
    return choices


def _choice(number: int, read: ReadSpan, note: str, checked: bool) -> PassageChoice:
    return PassageChoice(
        number=number,
        token=token_of(number, read.span),
        title=read.title,
        reference=read.reference,
        text=read.text,
        url=read.url,
        note=note,
        checked=checked,
    )
