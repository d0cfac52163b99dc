"""How far a move has come: a small file beside the data, gone when the move is complete."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cassandre.moving.errors import OtherTarget

NAME = "moving.json"


@dataclass(slots=True)
class State:
    path: Path
    target: str  # its fingerprint
    begun: bool = False
    done: list[str] = field(default_factory=list)  # steps
    # By generation and kind of points, the last one that was copied.
    points: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, target: str) -> Self:
        """Raises OtherTarget where a move to another one was cut off."""
        path = folder / NAME
        if not path.exists():
            return cls(path, target)
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["target"] != target:
            raise OtherTarget(file=str(path))
        return cls(path, target, True, values["done"], values["points"])

    def save(self) -> None:
        """Whole or not at all."""
        self.begun = True
        values = {"target": self.target, "done": self.done, "points": self.points}
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(values), encoding="utf-8")
        new.replace(self.path)

    def finish(self, step: str) -> None:
        self.done.append(step)
        self.save()

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
