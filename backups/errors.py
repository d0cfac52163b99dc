"""What can be wrong with a backup, or with where it is to be restored."""

from __future__ import annotations

from common.errors import CassandreError
from common.errors import gettext_noop as _


class TargetInvalid(CassandreError):
    code = "backup-target-invalid"
    status = 400
    sentence = _("“%(target)s” is neither a folder that can be used nor s3://bucket/prefix.")


class BackupRunning(CassandreError):
    code = "backup-running"
    status = 409
    sentence = _("A backup is being made since %(since)s. Wait for its end.")


class BackupFailed(CassandreError):
    """Ours: the log says more."""

    code = "backup-failed"
    status = 500
    sentence = _("The backup ended before it was complete. The log says why.")


class KeyMissing(CassandreError):
    code = "backup-key-missing"
    status = 400
    sentence = _(
        "A key is needed: set BACKUP_PASSPHRASE, or BACKUP_RECIPIENT to make backups and "
        "BACKUP_IDENTITY to open them."
    )


class KeyWrong(CassandreError):
    code = "backup-key-wrong"
    status = 422
    sentence = _("This passphrase or key does not open the backup.")


class BackupMissing(CassandreError):
    code = "backup-not-found"
    status = 404
    sentence = _("There is no complete backup “%(name)s” at %(target)s.")


class BackupDamaged(CassandreError):
    code = "backup-damaged"
    status = 422
    sentence = _("“%(part)s” of the backup is damaged: %(reason)s.")


class BackupNewer(CassandreError):
    code = "backup-newer"
    status = 409
    sentence = _(
        "The backup was made by a newer Cassandre (%(version)s), which has %(unknown)s. Install "
        "that one first."
    )


class NotEmpty(CassandreError):
    code = "installation-not-empty"
    status = 409
    sentence = _("Backups are restored into an empty installation only. This one has: %(found)s.")
