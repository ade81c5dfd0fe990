"""Still pictures, which are videos of one frame."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ..errors import VideoError
from .pages import count_pages, has_long_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..records import Image

logger = logging.getLogger("fer_video")

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

MAX_BYTES = 1 << 28
"""What an 8K picture takes at most, with 16 bits for each colour and for what is transparent. A file is read whole."""

BAND_LINES = 256

JPEG_BEGIN, JPEG_END = b"\xff\xd8", b"\xff\xd9"

BACKGROUND = 128
"""Grey level of what is seen through a transparent picture: its hidden colours may be anything, a face too."""

HARMLESS = re.compile(r"Corrupt JPEG data: 1?\d extraneous bytes|libpng warning|TIFF_?Warning")
"""What libraries say of pictures that are shown all the same; old cameras pad their JPEGs with some bytes."""

DAMAGED = re.compile(r"Corrupt JPEG data|Premature end of JPEG|libpng error|Unsupported marker")


@dataclass(frozen=True, slots=True)
class Still:
    """A picture that was read.

    Attributes:
        image: uint8 (H, W, 3), RGB, turned as its EXIF data say; grey where it is transparent.
        damage: what the library said of damage; None for a sound picture.
        notes: what of the file is not in the image; a sentence each.
    """

    image: Image
    damage: str | None = None
    notes: tuple[str, ...] = ()


def read_still(path: Path) -> Still:
    """Read a still picture; of an animated one, or one of several pages, the first.

    Raises:
        VideoError: not a picture, cut short, or larger than OpenCV was told to read.
    """
    said: list[str] = []
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise VideoError(
                f"not a readable picture: expected at most {MAX_BYTES / 1e6:.0f} MB; found {size / 1e6:,.0f} MB. "
                "Save the picture again, one in a file"
            )
        content = np.fromfile(path, np.uint8)
        _check_whole(content)
        with _overheard(said):
            picture = _decode(content)
    except cv2.error as error:
        cause = "it has too many pixels" if "PIXELS" in str(error) else error.err
        raise VideoError(f"not a readable picture: {cause}") from error
    except OSError as error:
        raise VideoError(f"not a readable picture: {error.strerror}") from error
    for line in said:
        logger.info("%s: %s", path, line)
    told = next((line for line in said if DAMAGED.search(line) and not HARMLESS.search(line)), None)
    if picture is None:
        raise VideoError(
            f"not a readable picture: the file is damaged or of another kind{f' ({told})' if told else ''}"
        )
    pages = count_pages(content.tobytes())
    notes = (f"The file holds {pages} pictures, animated or as pages; only the first is read.",) if pages > 1 else ()
    return Still(picture, told and f"decoded with damage: {told}", notes)


def read_picture(path: Path) -> Image:
    """The picture alone, uint8 (H, W, 3), RGB; see `read_still`, also for what it raises."""
    return read_still(path).image


def _decode(content: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> Image | None:
    shown = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB)
    if shown is None:
        return None
    picture = np.asarray(shown, np.uint8)
    if not _may_be_transparent(content[:64].tobytes()):
        return picture
    whole = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if whole is None or whole.ndim != 3 or whole.shape[2] != 4:
        return picture
    # Of 8 or 16 bits; the tiffs of scientists hold floats from 0 to 1.
    full = {"uint8": 255.0, "uint16": 65535.0}.get(whole.dtype.name, 1.0)
    opaque = np.ascontiguousarray(whole[..., 3])
    del whole
    if opaque.min() >= full:
        return picture
    plain = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    turned = _turned_like(opaque, np.asarray(plain, np.uint8), picture)
    return picture if turned is None else _over_grey(picture, turned, full)


def _over_grey(picture: Image, opaque: Any, full: float) -> Image:
    """The picture as seen in front of grey; `opaque` (H, W) goes from 0 to `full`.

    A few lines at a time: in floats, the whole of an 8K picture would take gigabytes.
    """
    seen = np.empty_like(picture)
    for top in range(0, len(picture), BAND_LINES):
        band = slice(top, top + BAND_LINES)
        share = np.asarray(opaque[band] / full, np.float32)[..., None]
        seen[band] = np.round(picture[band] * share + BACKGROUND * (1 - share))
    return seen


def _may_be_transparent(begin: bytes) -> bool:
    """Whether it is of a kind that can be; a bmp's fourth byte is most often not filled in."""
    return begin.startswith((b"\x89PNG", b"RIFF", b"II", b"MM"))


def _turned_like(opaque: Any, plain: Image, shown: Image) -> Any:
    """The transparency turned as OpenCV turned the colours, which it does not do by itself (EXIF orientation)."""
    for quarters in range(4):
        for mirrored in (False, True):
            turned = np.rot90(plain[:, ::-1] if mirrored else plain, quarters)
            if turned.shape == shown.shape and np.array_equal(turned, shown):
                return np.rot90(opaque[:, ::-1] if mirrored else opaque, quarters)
    return opaque if opaque.shape == shown.shape[:2] else None


@contextmanager
def _overheard(said: list[str]) -> Iterator[None]:
    """Take down what libraries write to stderr: it does not name the file."""
    try:
        kept = os.dup(2)
    except OSError:
        # This process has no stderr.
        yield
        return
    with tempfile.TemporaryFile() as heard:
        try:
            with suppress(OSError, AttributeError, ValueError):
                sys.stderr.flush()
            os.dup2(heard.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            heard.seek(0)
            said += [line for line in heard.read().decode("utf-8", "replace").splitlines() if line.strip()]


def _check_whole(content: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> None:
    """OpenCV fills the missing part of a JPEG with grey and says nothing, and makes room for all that a PNG claims."""
    if content[:2].tobytes() == JPEG_BEGIN and JPEG_END not in content.tobytes():
        raise VideoError("not a readable picture: the file is cut short")
    if has_long_chunk(content, MAX_BYTES):
        raise VideoError("not a readable picture: the file is damaged, a part of it claims to be longer than all of it")
