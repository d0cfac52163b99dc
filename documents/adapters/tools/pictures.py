"""A picture as a PDF with one page per frame, which is read and shown as any scan.

`python -m documents.adapters.tools.pictures FILE TARGET MAX_PAGES`; ends with DAMAGED, TOO_LARGE or
TOO_MANY where there is none. Run it by `run_tool`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence

from documents.adapters.confinement import close_network
from documents.adapters.landlock import close_files

DAMAGED, TOO_LARGE, TOO_MANY = 10, 11, 12

# Of one frame as it is packed: an A1 sheet at 300 dots per inch. More is refused unread.
_MOST_PIXELS = 80_000_000
# Of one frame as it is kept: an A3 sheet at 350 dots per inch.
_KEPT_PIXELS = 28_000_000
_QUALITY = 90
_MOST_RESOLUTION = 1_200
# What cameras and screens state says nothing of paper: then the long side is that of A4.
_SCREEN_RESOLUTION = 96
_LONG_SIDE_INCHES = 11.7
_PDF_MODES = {"1", "L", "RGB", "CMYK"}


class _Refused(Exception):
    """Its argument is the status to end with."""


def main(path: str, target: str, max_pages: str) -> None:
    close_network()
    close_files([Path(path)], [Path(target).parent])
    try:
        _convert(Path(path), Path(target), int(max_pages))
    except _Refused as refusal:
        sys.exit(refusal.args[0])
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (decoders raise what they please)
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(DAMAGED)


def _convert(path: Path, target: Path, max_pages: int) -> None:
    Image.MAX_IMAGE_PIXELS = None  # _checked asks for itself, before anything is unpacked
    Image.init()
    with Image.open(path, formats=("PNG", "JPEG", "TIFF")) as image:
        frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        if frames > max_pages:
            raise _Refused(TOO_MANY)
        for number, frame in enumerate(_frames(image, frames)):
            page, resolution = _page(frame)
            # Black and white is kept as it is, the rest as JPEG.
            quality = {} if page.mode == "1" else {"quality": _QUALITY}
            page.save(target, "PDF", resolution=resolution, append=number > 0, **quality)


def _frames(image: Image.Image, count: int) -> Iterator[Image.Image]:
    """A photograph with a preview, or an animation, is its first frame."""
    for number, frame in enumerate(ImageSequence.Iterator(image)):
        if number == count:
            return
        if frame.width * frame.height > _MOST_PIXELS:
            raise _Refused(TOO_LARGE)
        yield frame


def _page(frame: Image.Image) -> tuple[Image.Image, float]:
    """As it is to be looked at, and its dots per inch."""
    page = _flat(ImageOps.exif_transpose(frame))
    resolution = _resolution(page)
    if (pixels := page.width * page.height) > _KEPT_PIXELS:
        shrink = (_KEPT_PIXELS / pixels) ** 0.5
        page = page.convert("L") if page.mode == "1" else page
        page = page.resize((round(page.width * shrink), round(page.height * shrink)))
        resolution *= shrink
    return page, resolution


def _flat(frame: Image.Image) -> Image.Image:
    """In a mode that a PDF knows, on white paper where it is transparent."""
    if frame.mode.startswith("I;16"):
        return frame.point(lambda value: value / 256).convert("L")
    if frame.has_transparency_data:
        picture = frame.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture).convert("RGB")
    return frame if frame.mode in _PDF_MODES else frame.convert("RGB")


def _resolution(page: Image.Image) -> float:
    stated = float(page.info.get("dpi", (0, 0))[0] or 0)
    if _SCREEN_RESOLUTION < stated <= _MOST_RESOLUTION:
        return stated
    return max(max(page.size) / _LONG_SIDE_INCHES, _SCREEN_RESOLUTION)


if __name__ == "__main__":
    main(*sys.argv[1:])
