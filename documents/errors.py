"""What can be wrong with a file or its way into the index. The tree is CassandreError's.

CassandreError
├── FileRefused                 the file is at fault; a retry of the same bytes will not help
│   ├── EmptyFile, NoText, EncryptedFile, CorruptFile, UnknownType, TypeMismatch
│   ├── UnreadFormat, WrongPassword, UnlockedFile, RepairedFile
│   ├── FileTooLarge, TooManyPages, ArchiveBomb
│   ├── ImageOnly, OfficeMissing    a program that would read it is not here
│   └── ExtractionExceeded      time or memory of the child process
├── OcrMissing                  scans cannot be read once more
├── PagesNotRead                a remark on what went online all the same
└── IngestionFailed             ours or a server's fault; retried
"""

from __future__ import annotations

from common.errors import CassandreError
from common.errors import gettext_noop as _


class FileRefused(CassandreError):
    code = "file-refused"
    status = 422
    sentence = _("“%(file)s” could not be read.")


class EmptyFile(FileRefused):
    code = "file-empty"
    sentence = _("“%(file)s” is empty (0 bytes). Check the original and upload it again.")


class NoText(FileRefused):
    code = "file-no-text"
    sentence = _(
        "“%(file)s” holds no text, perhaps only scanned images. Upload a version with text."
    )


class ImageOnly(FileRefused):
    """It may be read once OCR is installed, or switched on for the corpus."""

    code = "file-image-only"
    sentence = _(
        "“%(file)s” holds images only, and there is no OCR here to read them. It is switched on "
        "in the corpus’s settings, and needs Tesseract on the server."
    )


class OcrMissing(CassandreError):
    """Where the scans of a document are to be read once more."""

    code = "ocr-missing"
    status = 409
    sentence = _(
        "There is no OCR here to read scans. It is switched on in the corpus’s settings, and needs "
        "Tesseract on the server."
    )


class OfficeMissing(FileRefused):
    """It may be read once LibreOffice is installed."""

    code = "file-needs-libreoffice"
    sentence = _(
        "“%(file)s” is in an older format that only LibreOffice reads, which is not available "
        "here. Save it as DOCX and upload it again, or try again once it is installed."
    )


class EncryptedFile(FileRefused):
    code = "file-encrypted"
    sentence = _(
        "“%(file)s” is protected by a password. Enter it where the file is listed, or upload the "
        "file without protection."
    )


class WrongPassword(FileRefused):
    code = "file-password-wrong"
    sentence = _("This password does not open “%(file)s”. Check it and try again.")


class UnlockedFile(FileRefused):
    """A remark. Its `sha256` is that of the file as it is kept; the row has the original's."""

    code = "file-unlocked"
    status = 200
    sentence = _(
        "“%(file)s” was opened with its password and is kept without it: whoever may read the "
        "corpus can read it."
    )


class RepairedFile(FileRefused):
    """A remark, no refusal: the text was read all the same."""

    code = "file-repaired"
    status = 200
    sentence = _(
        "“%(file)s” is damaged and was repaired to be read. Something may be missing: compare it "
        "with the original, or upload an intact copy."
    )


class CorruptFile(FileRefused):
    code = "file-corrupt"
    sentence = _("“%(file)s” is damaged and cannot be opened. Upload an intact copy.")


class UnknownType(FileRefused):
    code = "file-unknown-type"
    sentence = _("“%(file)s” is of a type that cannot be read here. Readable: %(readable)s.")


class UnreadFormat(FileRefused):
    """A known format that cannot be read, where another program can save it as one that can."""

    code = "file-unread-format"
    sentence = _(
        "“%(file)s” is of the format %(found)s, which cannot be read here. "
        "Save it as %(wanted)s and upload it again."
    )


class TypeMismatch(FileRefused):
    code = "file-type-mismatch"
    sentence = _("“%(file)s” is not what its name says: the content is %(found)s.")


class FileTooLarge(FileRefused):
    code = "file-too-large"
    status = 413
    sentence = _("“%(file)s” is too large: at most %(limit)s MB.")


class TooManyPages(FileRefused):
    code = "file-too-many-pages"
    sentence = _("“%(file)s” has too many pages: at most %(limit)s.")


class ArchiveBomb(FileRefused):
    code = "file-archive-bomb"
    sentence = _("“%(file)s” would unpack to far more than its size and is refused.")


class ExtractionExceeded(FileRefused):
    code = "file-extraction-exceeded"
    sentence = _("“%(file)s” took too much time or memory to read (limit: %(limit)s).")


# Codes of versions that fail again however often they are tried: another file is needed.
# ExtractionExceeded is not among them, because the machine may have been busy.
HOPELESS = frozenset(
    refusal.code
    for refusal in (
        EmptyFile,
        NoText,
        EncryptedFile,
        CorruptFile,
        UnknownType,
        UnreadFormat,
        TypeMismatch,
        FileTooLarge,
        TooManyPages,
        ArchiveBomb,
    )
)


class PagesNotRead(CassandreError):
    """A remark: the version went online without them."""

    code = "pages-not-read"
    status = 200
    sentence = _("Pages that hold images only were not read: %(pages)s.")


class InfectedFile(FileRefused):
    code = "file-infected"
    sentence = _("The virus scanner found “%(found)s” in “%(file)s”, which is refused.")


class UnscannableFile(FileRefused):
    code = "file-unscannable"
    sentence = _("“%(file)s” could not be scanned for viruses (%(reason)s) and is refused.")


class ScannerUnavailable(FileRefused):
    """Not the file's fault: the same one is taken as soon as the scanner answers."""

    code = "file-not-scanned"
    status = 503
    sentence = _(
        "“%(file)s” cannot be taken now: the virus scanner does not answer. Try again later."
    )


class AttachmentsUnread(CassandreError):
    """A remark on a mail, like the next ones."""

    code = "attachments-unread"
    status = 200
    sentence = _("What is attached to “%(file)s” could not be taken out of it.")


class TooManyAttachments(CassandreError):
    code = "attachments-too-many"
    status = 200
    sentence = _("Of what is attached to “%(file)s” only the first %(limit)s files were taken.")


class AttachmentsTooDeep(CassandreError):
    code = "attachments-too-deep"
    status = 200
    sentence = _(
        "What is attached to “%(file)s” was not taken: mails inside mails are followed %(limit)s "
        "times."
    )


class AttachmentsNotAllowed(CassandreError):
    code = "attachments-not-allowed"
    status = 200
    sentence = _(
        "What is attached to “%(file)s” was not taken: who added it may not add files here any "
        "more."
    )


class AttachmentsWait(CassandreError):
    """Not the mail's fault: it is tried again, as a mail without them would be half of it."""

    code = "attachments-wait"
    status = 503
    sentence = _(
        "What is attached to “%(file)s” cannot be taken: the virus scanner does not answer."
    )


class CarrierDeleted(CassandreError):
    code = "carrier-deleted"
    status = 409
    sentence = _("“%(title)s” is attached to “%(carrier)s”, which is deleted. Restore that one.")


class DuplicateFile(FileRefused):
    code = "file-duplicate"
    status = 409
    sentence = _("“%(file)s” is already in this corpus as “%(title)s”.")


class IngestionFailed(CassandreError):
    code = "ingestion-failed"
    sentence = _("Indexing failed, not because of the file. Try again.")


class WorkerLost(CassandreError):
    code = "ingestion-worker-lost"
    sentence = _(
        "What read this file ended several times before it was done, perhaps for want of memory. "
        "Try again, or upload it in parts."
    )


class StorageFull(CassandreError):
    code = "storage-full"
    status = 507
    sentence = _("The disk of the server is full, or cannot be written. Tell your administrator.")


class VersionUnderWay(CassandreError):
    code = "version-under-way"
    status = 409
    sentence = _(
        "A newer file of this document is on its way. Wait for its end, or cancel it first."
    )


class IndexLocked(CassandreError):
    code = "index-locked"
    status = 503
    sentence = _(
        "Another Cassandre already uses this data folder. Stop it first, or choose another folder."
    )


class IndexBusy(CassandreError):
    code = "index-busy"
    status = 409
    sentence = _("An index is being built already. Wait for its end, or cancel it first.")


class IndexNotComplete(CassandreError):
    code = "index-not-complete"
    status = 409
    sentence = _("This index is not complete yet, and cannot be switched to.")


class IndexDiffers(CassandreError):
    code = "index-differs"
    sentence = _("The index does not hold what the database has, even after a second attempt.")


class IndexBuildFailed(CassandreError):
    code = "index-build-failed"
    sentence = _("Building the index failed. The log says why; resume it to try again.")


class EmbeddingFailed(CassandreError):
    code = "embedding-failed"
    status = 502
    sentence = _("The embedding model “%(model)s” did not do its work (%(reason)s).")
