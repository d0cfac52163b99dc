"""What can be wrong with a question or an answer. The tree is CassandreError's."""

from __future__ import annotations

from common.errors import CassandreError, TooManyRequests
from common.errors import gettext_noop as _


class BadFrame(CassandreError):
    code = "bad-frame"
    status = 400
    sentence = _("The page and the server do not understand each other. Reload the page.")


class QuestionTooLong(CassandreError):
    code = "question-too-long"
    status = 400
    sentence = _("The question is too long: at most %(limit)s characters.")


class AnswerUnderWay(CassandreError):
    code = "answer-under-way"
    status = 409
    sentence = _("The previous answer is still being written. Stop it, or wait for its end.")


class AnswerComplete(CassandreError):
    code = "answer-complete"
    status = 409
    sentence = _("This answer is complete. Ask for another version instead.")


class TooManyQuestions(TooManyRequests):
    code = "too-many-questions"
    sentence = _("You have asked many questions in a minute. Try again in %(retry_after)s s.")


class TooManySockets(TooManyRequests):
    code = "too-many-sockets"
    sentence = _("Cassandre is open in too many tabs. Close some, then reload this page.")


class SessionEnded(CassandreError):
    code = "session-ended"
    status = 401
    sentence = _("Your session has ended. Sign in again.")


class TooManyAnswers(TooManyRequests):
    code = "too-many-answers"
    sentence = _("Several of your answers are being written. Try again in %(retry_after)s s.")


class AnswerFailed(CassandreError):
    code = "answer-failed"
    sentence = _("The answer could not be written. Please ask again.")


class ShuttingDown(CassandreError):
    code = "shutting-down"
    status = 503
    sentence = _("The server is restarting. Your question will be sent again.")
