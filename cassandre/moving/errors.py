"""Why an installation cannot be moved. The tree is CassandreError's; all are for the operator."""

from __future__ import annotations

from common.errors import CassandreError
from common.errors import gettext_noop as _


class NotEmbedded(CassandreError):
    code = "move-not-embedded"
    status = 409
    sentence = _(
        "%(variables)s: this installation uses services already. Name the target in a file of its "
        "own, and leave its variables out of .env and the environment."
    )


class NotUpToDate(CassandreError):
    code = "move-not-up-to-date"
    status = 409
    sentence = _("The database here is behind the program. Run manage.py migrate first.")


class TargetWrong(CassandreError):
    code = "move-target-wrong"
    status = 422
    sentence = _("The target cannot be used. %(reason)s")


class TargetNotEmpty(CassandreError):
    code = "move-target-not-empty"
    status = 409
    sentence = _(
        "%(target)s is not empty (%(found)s). An installation is only moved to an empty one."
    )


class OtherTarget(CassandreError):
    code = "move-other-target"
    status = 409
    sentence = _(
        "A move to another target was begun. Go on with that one, or delete %(file)s to begin anew."
    )


class RowRefused(CassandreError):
    code = "move-row-refused"
    status = 422
    sentence = _("PostgreSQL does not take a row of the table %(table)s: %(reason)s")


class SidesDiffer(CassandreError):
    code = "move-sides-differ"
    status = 500
    sentence = _(
        "Both sides are not the same: %(what)s. Cassandre was perhaps in use since the move began: "
        "empty the target, delete %(file)s and begin anew."
    )
