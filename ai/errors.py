"""What can go wrong between Cassandre and a model.

CassandreError
└── ModelError
    ├── ModelRefusedKey        401, 403
    ├── ModelBusy              429; `retry_after` seconds
    ├── ModelUnavailable       5xx, connection refused
    ├── ModelTimedOut          no first token, or a silence between tokens, beyond the bound
    ├── ModelConnectionLost    cut in mid-answer
    ├── ModelContextTooLong    the prompt does not fit
    ├── ModelRequestRefused    any other 4xx
    ├── EmbedderNotInstalled   the package for embeddings on this machine
    ├── EmbeddingModelMissing  from the folder of models, or it cannot be loaded
    └── AnswerCut              never raised: how a complete row says that its text was cut off
"""

from __future__ import annotations

from common.errors import CassandreError
from common.errors import gettext_noop as _


class ModelError(CassandreError):
    code = "model-error"
    status = 502
    sentence = _("The language model failed. Please try again.")


class ModelRefusedKey(ModelError):
    code = "model-refused-key"
    sentence = _("The language model refuses the configured key. Tell your administrator.")


class ModelBusy(ModelError):
    code = "model-busy"
    sentence = _("The language model is busy. Try again in %(retry_after)s s.")


class ModelUnavailable(ModelError):
    code = "model-unavailable"
    sentence = _("The language model does not answer. Please try again shortly.")


class ModelTimedOut(ModelError):
    code = "model-timed-out"
    sentence = _("The language model took too long. Please try again.")


class ModelConnectionLost(ModelError):
    code = "model-connection-lost"
    sentence = _("The connection to the language model was cut. What came is kept.")


class ModelContextTooLong(ModelError):
    code = "model-context-too-long"
    sentence = _("The question and its passages are too long for the language model.")


class ModelRequestRefused(ModelError):
    code = "model-request-refused"
    sentence = _("The language model refused the request. Tell your administrator.")


class EmbedderNotInstalled(ModelError):
    code = "embedder-not-installed"
    status = 500
    sentence = _("What computes embeddings here is not installed. Tell your administrator.")


class EmbeddingModelMissing(ModelError):
    code = "embedding-model-missing"
    status = 500
    sentence = _("The embedding model is missing or damaged. Tell your administrator.")


class AnswerCut(ModelError):
    code = "answer-cut"
    status = 200
    sentence = _("The answer reached the greatest length allowed and was cut off here.")
