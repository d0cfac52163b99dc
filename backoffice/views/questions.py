"""Sets of questions that a corpus is measured with, and what was measured."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.exports import csv_response
from backoffice.paging import page_of
from backoffice.question_forms import (
    QuestionForm,
    QuestionSetForm,
    QuestionsFileForm,
    ThresholdForm,
)
from backoffice.questions import (
    EXPORT_HEAD,
    calibration_of,
    calibration_rows,
    edited_question,
    export_rows,
    figures_of,
    history_rows,
    question_rows,
)
from backoffice.requests import typed_name, uuids
from backoffice.views.corpora import corpus_head
from common.errors import InvalidInput, NotFound
from documents.selectors import get_corpus_for_curator
from evaluation.drafts import MAX_FILE_BYTES, Documents, parse_questions
from evaluation.models import MeasuredRun, QuestionSet
from evaluation.selectors import (
    get_run_for_curator,
    get_set_for_curator,
    questions_of,
    runs_of,
    sets_of_corpus,
)
from evaluation.services import (
    apply_threshold,
    begin_run,
    create_set,
    delete_set,
    import_questions,
    remove_question,
    save_question,
)

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def sets(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    form = QuestionSetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_set(by=request.user, corpus=found, name=form.cleaned_data["name"])
        except InvalidInput as error:
            form.refuse(error)
        else:
            return redirect("backoffice:corpus_set", found.pk, made.pk)
    rows = [
        (each, runs_of(request.user, each).filter(state=MeasuredRun.State.DONE).first())
        for each in sets_of_corpus(request.user, found)
    ]
    context = {
        "form": form,
        "rows": [(each, history_rows([run])[0] if run else None) for each, run in rows],
        **corpus_head(request, found, "questions"),
    }
    return render(request, "backoffice/corpus_questions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def question_set(
    request: AuthenticatedRequest, corpus: UUID, question_set: UUID
) -> HttpResponseBase:
    found = _set(request, corpus, question_set)
    form = QuestionForm(request.POST or None, initial=_edited(request, found))
    if request.method == "POST" and form.is_valid():
        try:
            save_question(
                by=request.user,
                question_set=found,
                draft=form.draft(Documents(request.user, found.corpus)),
                instead_of=form.cleaned_data["instead_of"],
            )
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, _("The question is saved."))
            return _back(found)
    return _page(request, found, form, QuestionsFileForm())


@require_POST
@curator_only
def take_in(request: AuthenticatedRequest, corpus: UUID, question_set: UUID) -> HttpResponseBase:
    found = _set(request, corpus, question_set)
    form = QuestionsFileForm(request.POST, request.FILES)
    if form.is_valid():
        content = form.cleaned_data["file"].read(MAX_FILE_BYTES + 1)
        try:
            drafts = parse_questions(content, Documents(request.user, found.corpus))
            everything = form.cleaned_data["replace_all"]
            import_questions(
                by=request.user, question_set=found, drafts=drafts, replace_all=everything
            )
        except InvalidInput as error:
            form.refuse(error)
        else:
            count = len(drafts)
            text = ngettext(
                "%(count)s question is taken in.", "%(count)s questions are taken in.", count
            )
            messages.success(request, text % {"count": count})
            return _back(found)
    return _page(request, found, QuestionForm(), form)


@require_safe
@curator_only
def export(request: AuthenticatedRequest, corpus: UUID, question_set: UUID) -> HttpResponse:
    found = _set(request, corpus, question_set)
    name = f"questions-{found.corpus.slug}-{slugify(found.name)}"
    return csv_response(name, EXPORT_HEAD, export_rows(request.user, found))


@require_POST
@curator_only
def delete(request: AuthenticatedRequest, corpus: UUID, question_set: UUID) -> HttpResponseBase:
    found = _set(request, corpus, question_set)
    if not typed_name(request.POST, found.name):
        messages.error(request, _("It was not deleted: the name that was typed is another."))
        return _back(found)
    delete_set(by=request.user, question_set=found.pk)
    messages.success(request, _("The set “%(name)s” is deleted.") % {"name": found.name})
    return redirect("backoffice:corpus_questions", found.corpus_id)


@require_POST
@curator_only
def remove(
    request: AuthenticatedRequest, corpus: UUID, question_set: UUID, question: UUID
) -> HttpResponseBase:
    found = _set(request, corpus, question_set)
    remove_question(by=request.user, question_set=found, question=question)
    messages.success(request, _("The question is removed from the set."))
    return _back(found)


@require_POST
@curator_only
def measure(request: AuthenticatedRequest, corpus: UUID, question_set: UUID) -> HttpResponseBase:
    """The figures follow; the page that comes can be reloaded."""
    found = _set(request, corpus, question_set)
    try:
        begin_run(by=request.user, question_set=found)
    except InvalidInput as error:
        messages.error(request, str(error.params["reason"]))
    return _back(found)


@require_safe
@curator_only
def progress(
    request: AuthenticatedRequest, corpus: UUID, question_set: UUID, run: UUID
) -> HttpResponse:
    """How far a measurement has come; at its end htmx loads the page again."""
    found = _set(request, corpus, question_set)
    shown = get_run_for_curator(request.user, found, run)
    response = render(request, "backoffice/_set_progress.html", {"run": shown, "set": found})
    if not shown.is_running:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@curator_only
def threshold(request: AuthenticatedRequest, corpus: UUID, question_set: UUID) -> HttpResponseBase:
    found = _set(request, corpus, question_set)
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(field="threshold", reason=_("A number from 0 to 1."))
    value = form.cleaned_data["threshold"]
    apply_threshold(by=request.user, corpus=found.corpus, threshold=value)
    text = _("From now on questions are refused below an evidence of %(value)s.")
    messages.success(request, text % {"value": number_format(round(value, 2), 2)})
    return _back(found)


def _set(request: AuthenticatedRequest, corpus: UUID, pk: UUID) -> QuestionSet:
    found = get_set_for_curator(request.user, pk)
    if found.corpus_id != corpus:
        raise NotFound(cause=f"question set {pk} of corpus {corpus}")
    return found


def _back(found: QuestionSet) -> HttpResponseBase:
    return redirect("backoffice:corpus_set", found.corpus_id, found.pk)


def _edited(request: AuthenticatedRequest, found: QuestionSet) -> Any:
    """The question that the address names, to change it."""
    named = uuids(request.GET.getlist("edit")[:1])
    question = questions_of(request.user, found).filter(pk__in=named).first()
    return edited_question(request.user, question, found.corpus) if question else {}


def _page(
    request: AuthenticatedRequest,
    found: QuestionSet,
    form: QuestionForm,
    file_form: QuestionsFileForm,
) -> HttpResponse:
    runs = list(runs_of(request.user, found))
    done = [run for run in runs if run.figures]
    latest = done[0] if done else None
    page = page_of(questions_of(request.user, found), request.GET, PAGE_SIZE)
    context: dict[str, Any] = {
        "set": found,
        "form": form,
        "file_form": file_form,
        "page": page,
        "rows": question_rows(list(page.object_list), latest),
        "run": runs[0] if runs else None,
        "latest": latest,
        "figures": figures_of(latest) if latest else [],
        "history": history_rows(done),
        **corpus_head(request, found.corpus, "questions"),
    }
    if latest is not None:
        now = found.corpus.evidence_threshold
        calibration = calibration_of(latest, now)
        context["calibration"] = calibration
        context["thresholds"] = calibration_rows(calibration, now)
        context["is_apart"] = (
            calibration.proposed is not None and abs(calibration.proposed - now) > 1e-9
        )
    return render(request, "backoffice/corpus_set.html", context)
