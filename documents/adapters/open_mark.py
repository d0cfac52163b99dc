"""Whether an index was open when the machine went down: what it had not flushed is then lost."""

from __future__ import annotations

from pathlib import Path

# Linux has it (random(4)); where it is missing, any index that was not closed is in doubt.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class OpenMark:
    """A file beside an open index that names this start of the machine. A process that is killed
    leaves it too, but what it wrote is still in the kernel's hands."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "open"

    @property
    def left_by_a_machine_that_went_down(self) -> bool:
        try:
            boot = self._path.read_text()
        except OSError:
            return False
        return not boot or boot != _boot_id()

    def write(self) -> None:
        self._path.write_text(_boot_id())

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
