"""What is wrong with the installation while it is wrong, as people read it: worst first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ai.health import FailingModel, failing
from ai.services import answering_models
from chat.frames.views import BannerView
from common import maintenance
from common.maintenance import Maintenance


def banners() -> tuple[BannerView, ...]:
    """In the language that is active now, out of what this process knows; asks the database for
    maintenance alone, every other second."""
    return banners_of(maintenance.current(), failing())


def banners_of(state: Maintenance | None, models: Sequence[FailingModel]) -> tuple[BannerView, ...]:
    shown: list[BannerView] = []
    if state is not None and state.is_on:
        shown.append(_maintained(state))
    shown += _of_models(models)
    if state is not None and not state.is_on:
        # What is announced is seen before a detail of the search.
        shown.insert(min(len(shown), 1), _announced(state))
    return tuple(shown)


def _maintained(state: Maintenance) -> BannerView:
    title = _("Cassandre is being maintained.")
    text = _("Searching and reading work; questions, uploads and changes wait.")
    if state.is_closed:
        text = _("It is closed: only those who work on it get in.")
    return _banner("maintenance-on", state.starts_at, "warning", title, _with(text, state))


def _announced(state: Maintenance) -> BannerView:
    moment = {"moment": _moment(state.starts_at)}
    title = _("Maintenance on %(moment)s.") % moment
    if _is_today(state.starts_at):
        title = _("Maintenance at %(moment)s.") % moment
    text = _("From then on it can be searched and read; questions, uploads and changes wait.")
    if state.level == maintenance.CLOSED:
        text = _("From then on Cassandre is closed.")
    return _banner("maintenance-at", state.starts_at, "info", title, _with(text, state))


def _with(text: str, state: Maintenance) -> str:
    """And until when, and what its operator says."""
    sentences = [text, state.message]
    if state.until:
        sentences.insert(1, _("Until %(moment)s.") % {"moment": _moment(state.until)})
    return " ".join(filter(None, sentences))


def _of_models(models: Sequence[FailingModel]) -> list[BannerView]:
    chat = {model.name: model for model in models if model.kind == "chat"}
    chain = answering_models()
    shown = []
    if chain and set(chain) <= set(chat):
        since = max(chat[name].since for name in chain)
        title = _("The language model has not answered since %(moment)s.")
        text = _("Answers quote the best sentences of your documents instead; searching works.")
        shown.append(_banner("chat", since, "warning", title % {"moment": _moment(since)}, text))
    elif chain and chain[0] in chat:
        working = next(name for name in chain if name not in chat)
        since = chat[chain[0]].since
        title = _("Another language model answers since %(moment)s.") % {"moment": _moment(since)}
        text = _("It is %(model)s, in place of the usual one.") % {"model": working}
        shown.append(_banner("chat-other", since, "info", title, text))
    for model in models:
        if model.kind == "embedding":
            shown.append(_of_embeddings(model))
        elif model.kind == "reranker":
            shown.append(_of_reranker(model))
    return shown


def _of_embeddings(model: FailingModel) -> BannerView:
    title = _("Search has gone by words alone since %(moment)s.")
    text = _("What is said in other words than yours may be missed; new documents wait.")
    titled = title % {"moment": _moment(model.since)}
    return _banner("embedding", model.since, "warning", titled, text)


def _of_reranker(model: FailingModel) -> BannerView:
    title = _("Passages have been in the search’s own order since %(moment)s.")
    text = _("What judges them does not answer; nothing is missing.")
    titled = title % {"moment": _moment(model.since)}
    return _banner("reranker", model.since, "info", titled, text)


def _banner(what: str, since: datetime, level: str, title: str, text: str) -> BannerView:
    # Put away, it comes back with the next occasion.
    key = f"{what}-{int(since.timestamp())}"
    must_stay = what == "maintenance-on"
    return BannerView(key=key, level=level, title=title, text=text, dismissible=not must_stay)


def _is_today(moment: datetime) -> bool:
    return timezone.localtime(moment).date() == timezone.localdate()


def _moment(moment: datetime) -> str:
    """“18:00”, or with the day where that is another one."""
    form = "TIME_FORMAT" if _is_today(moment) else "SHORT_DATETIME_FORMAT"
    return date_format(timezone.localtime(moment), form)
