"""What can be wrong with a corpus on its way. The tree is CassandreError's.

CassandreError
├── FileLost                    nothing leaves: the store has an original no more
└── TransferRefused             nothing comes in
    ├── NoManifest, NewerFormat, ManifestInvalid
    ├── WholeCorpus             it was dropped among the documents of another
    └── EntryMissing, EntryDamaged, EntryUnsafe, TransferTooLarge
"""

from __future__ import annotations

from common.errors import CassandreError
from common.errors import gettext_noop as _


class FileLost(CassandreError):
    code = "transfer-file-lost"
    status = 409
    sentence = _(
        "The file of “%(title)s” is lost or damaged here. Upload it again, or delete the "
        "document, then download the corpus."
    )


class TransferRefused(CassandreError):
    code = "transfer-refused"
    status = 422
    sentence = _("This corpus could not be taken in.")


class NoManifest(TransferRefused):
    code = "transfer-no-manifest"
    sentence = _("This is no corpus that Cassandre has let you download: it lacks its manifest.")


class NewerFormat(TransferRefused):
    code = "transfer-newer-format"
    sentence = _(
        "This corpus has the form %(version)s, and only the form %(known)s is known here. "
        "Bring this Cassandre up to date."
    )


class ManifestInvalid(TransferRefused):
    code = "transfer-manifest-invalid"
    sentence = _("The manifest is not as it should be: %(reason)s")


class WholeCorpus(TransferRefused):
    code = "transfer-whole-corpus"
    sentence = _("“%(file)s” is a whole corpus. Take it in under “New corpus”.")


class EntryMissing(TransferRefused):
    code = "transfer-entry-missing"
    sentence = _("The manifest speaks of “%(entry)s”, which the archive does not hold.")


class EntryDamaged(TransferRefused):
    code = "transfer-entry-damaged"
    sentence = _("“%(entry)s” is not what the manifest says: it was changed or damaged.")


class EntryUnsafe(TransferRefused):
    code = "transfer-entry-unsafe"
    sentence = _(
        "“%(entry)s” has no place in the archive of a corpus: it leads out of it, needs a "
        "password, is packed in an uncommon way, or the manifest does not speak of it."
    )


class TransferTooLarge(TransferRefused):
    code = "transfer-too-large"
    status = 413
    sentence = _("The archive is too large, or would unpack to far more than its size.")
