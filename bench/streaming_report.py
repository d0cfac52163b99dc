"""The table of many streaming measurements, as Markdown. Pure: figures in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Figures = dict[str, float]

HEAD = (
    "streams",
    "server",
    "TTFT over model, ms p50 / p99",
    "gap, ms p99",
    "tokens/s",
    "CPU s per 1,000 tokens",
    "errors / lost / doubled",
    "RSS, MiB",
)


class Cell(NamedTuple):
    """What is measured once; the bare proxy knows no modes and no servers."""

    gap_ms: int
    streams: int
    mode: str = ""
    server: str = ""

    @property
    def bare(self) -> Cell:
        return Cell(self.gap_ms, self.streams)

    @property
    def name(self) -> str:
        return f"{self.mode}, {self.server}" if self.mode else "bare proxy"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The axes of a table."""

    streams: tuple[int, ...]
    gaps: tuple[int, ...]
    modes: tuple[str, ...]
    servers: tuple[str, ...]

    def cells(self, gap: int, mode: str = "", server: str = "") -> list[Cell]:
        """Those that one process measures, one after another."""
        return [Cell(gap, streams, mode, server) for streams in self.streams]


def numbers(text: str) -> tuple[int, ...]:
    """ "1,10" of a command line. Raises ValueError where one is no whole number, or negative."""
    found = tuple(int(part) for part in text.split(","))
    if min(found) < 0:
        raise ValueError(f"{text}: a negative number")
    return found


def words(text: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """ "a,b" of a command line. Raises ValueError where one is not among `allowed`."""
    found = tuple(part.strip() for part in text.split(","))
    for part in found:
        if part not in allowed:
            raise ValueError(f"{part}: expected one of {', '.join(allowed)}")
    return found


def table(results: dict[Cell, Figures | str]) -> str:
    """A part for each gap, a row for each cell; a failed one is a sentence instead of figures."""
    parts = []
    for gap in dict.fromkeys(cell.gap_ms for cell in results):
        title = f"{gap} ms apart" if gap else "As fast as possible"
        of_gap = (cell for cell in results if cell.gap_ms == gap)
        # Streams by streams, the bare proxy first, the others as they were measured.
        chosen = sorted(of_gap, key=lambda cell: (cell.streams, bool(cell.mode)))
        rows = [_line(HEAD), _line("---" for _column in HEAD)]
        rows += [_row(cell, results[cell], results.get(cell.bare)) for cell in chosen]
        parts.append(f"### {title}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(cell: Cell, found: Figures | str, floor: Figures | str | None) -> str:
    beginning = [str(cell.streams), cell.name]
    if isinstance(found, str):
        return _line([*beginning, f"failed: {_one_line(found)}", *[""] * (len(HEAD) - 3)])
    bare = floor if isinstance(floor, dict) and cell.mode else {}
    return _line(
        [
            *beginning,
            _beside("ttft_over_model_ms_p50", found, bare)
            + " / "
            + _beside("ttft_over_model_ms_p99", found, bare),
            _beside("gap_ms_p99", found, bare),
            _beside("tokens_per_s", found, bare),
            _beside("cpu_s_per_1k_tokens", found, bare),
            " / ".join(f"{found[name]:.0f}" for name in ("errors", "lost", "doubled")),
            f"{found['rss_mib']:.0f}",
        ]
    )


def _beside(name: str, found: Figures, bare: Figures) -> str:
    """A figure and, in brackets, its ratio to the bare proxy's."""
    value = found[name]
    shown = f"{value:,.0f}" if name == "tokens_per_s" else f"{value:g}"
    # Below nothing a ratio says nothing.
    return f"{shown} (×{value / bare[name]:.2f})" if bare.get(name, 0) > 0 else shown


def beside_the_point(results: dict[Cell, Figures | str]) -> str:
    """What of the wait was the search, by the server's own times, and whether the machine was
    large and quiet enough for the figures to be the server's."""
    head = ["gap, ms", "streams", "server", "search, ms p50 / p99", "first text, ms p50 / p99"]
    head += ["mock late, ms p99", "client, cores"]
    rows = [_line(head), _line("---" for _column in head)]
    for cell, found in results.items():
        if isinstance(found, dict):
            times = [_both(f"server_{stage}_ms", found) for stage in ("search", "first_text")]
            machine = [f"{found['model_late_ms_p99']:g}", f"{found['client_core_share']:g}"]
            name = [str(cell.gap_ms), str(cell.streams), cell.name]
            rows.append(_line([*name, *times, *machine]))
    return "\n".join(rows) + "\n"


def _both(name: str, found: Figures) -> str:
    """Empty where the server told nothing."""
    if f"{name}_p50" not in found:
        return ""
    return f"{found[f'{name}_p50']:.0f} / {found[f'{name}_p99']:.0f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _one_line(text: str) -> str:
    """The last line of an error, which says what it was, fit for a table."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip().replace("|", "/")[:160] if lines else "no reason given"
