"""What can be wrong with a source or with one of its entries. The tree is CassandreError's.

CassandreError
├── SourceRightLost             whoever set it up may no longer curate the corpus
├── SourceFailed                ours; nothing is wrong with the source
├── FolderMissing, StoreRefused, NotASitemap, TooManyEntries
├── RobotsRefused, TooManyRedirects, Unreachable, HttpStatus
└── FileRefused
    └── EntryOutside, NestedArchive, EmptyArchive
"""

from __future__ import annotations

from common.errors import CassandreError
from common.errors import gettext_noop as _
from documents.errors import FileRefused


class SourceRightLost(CassandreError):
    code = "source-right-lost"
    status = 403
    sentence = _(
        "Whoever set this source up may no longer curate the corpus. Look again to go on in your "
        "own name."
    )


class SourceFailed(CassandreError):
    code = "source-failed"
    sentence = _("Gathering failed, not because of the source. Look again.")


class FolderMissing(CassandreError):
    code = "source-folder-missing"
    status = 404
    sentence = _("The folder “%(address)s” cannot be read on the machine that looked.")


class StoreRefused(CassandreError):
    code = "source-store-refused"
    status = 403
    sentence = _("“%(address)s” is not among the object stores that the operator has opened.")


class NotASitemap(CassandreError):
    code = "source-not-a-sitemap"
    status = 422
    sentence = _("“%(address)s” is no sitemap.")


class TooManyEntries(CassandreError):
    code = "source-too-many-entries"
    status = 422
    sentence = _("“%(address)s” holds more than %(limit)s files; those beyond were left out.")


class RobotsRefused(CassandreError):
    code = "source-robots"
    status = 403
    sentence = _("The site does not want “%(address)s” to be read by programs (robots.txt).")


class TooManyRedirects(CassandreError):
    code = "source-redirects"
    status = 502
    sentence = _("“%(address)s” leads on too often, or away from its site.")


class Unreachable(CassandreError):
    code = "source-unreachable"
    status = 502
    sentence = _("“%(address)s” does not answer as it should. Look again later.")


class HttpStatus(CassandreError):
    code = "source-http-status"
    status = 502
    sentence = _("“%(address)s” answers with the error %(status)s.")


class EntryOutside(FileRefused):
    code = "source-entry-outside"
    sentence = _("“%(file)s” leads out of its folder or archive and is not followed.")


class NestedArchive(FileRefused):
    code = "source-nested-archive"
    sentence = _("“%(file)s” is an archive within an archive. Unpack it and upload what it holds.")


class EmptyArchive(FileRefused):
    code = "source-empty-archive"
    sentence = _("“%(file)s” holds no file.")
