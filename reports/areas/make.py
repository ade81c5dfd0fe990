"""From a video to the page on which its camera's areas are drawn."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.annotate.still import LEAST_FACE_PX, THRESHOLD, take_still
from pipeline.areas import NO_AREAS
from pipeline.errors import SettingError, UsageError, VideoError
from pipeline.files import write_private
from pipeline.places.locate import camera_file
from pipeline.places.streams import areas_of_stream, hints_of
from pipeline.video.decoding import Decoder
from pipeline.video.reader import check_file

from .page import Sketch, render

if TYPE_CHECKING:
    from pipeline.places.inputs import Input
    from pipeline.places.locate import PlaceOptions

    from ..words.words import Language


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was written: the page, how many heads are covered on it, and the `cameras.toml` that it begins with."""

    page: Path
    covered: int
    cameras: Path | None


def default_out(video: Path) -> Path:
    """`door.mp4` → `door.zones.html` in the working directory."""
    return Path(f"{video.stem}.zones.html")


def check_out(out: Path, *, force: bool) -> None:
    """Refuse a target that would lose something, before any work is done.

    Raises:
        UsageError: it exists already, is no HTML file, or has no folder.
    """
    if out.suffix.lower() not in {".html", ".htm"}:
        raise SettingError("out", "a name that ends in .html", out)
    # os.path answers no where Path raises: for names that are too long or out of reach.
    if not os.path.isdir(out.absolute().parent):  # noqa: PTH112
        raise SettingError("out", "a folder to write in", f"{out.absolute().parent}, which is none", "Make it first.")
    if os.path.isdir(out):  # noqa: PTH112
        raise SettingError("out", "a file name", f"{out}; this is a folder", "Name a file in it.")
    if os.path.lexists(out) and not force:
        raise UsageError(f"{out}: is there already. Name another file with `out`, or overwrite it with `force`.")


def draw_page(item: Input, options: PlaceOptions, out: Path, lang: Language, *, force: bool = False) -> Drawn:
    """Write the page. It holds a picture, with heads covered as far as they are found, so only its owner can read it.

    Args:
        item: a video, or one camera of it.
        options: where a `cameras.toml` is looked for.
        out: the page.
        lang: the language that it starts in.
        force: replace a file of that name.

    Raises:
        UsageError: `out` cannot be written, or a `cameras.toml` cannot be read.
        VideoError: the video cannot be read.
    """
    check_out(out, force=force)
    sketch, cameras = _sketch(item, options)
    try:
        write_private(out, render(sketch, lang).encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror or error}. Name another with `out`.") from error
    return Drawn(out, sketch.still.covered, cameras)


def _sketch(item: Input, options: PlaceOptions) -> tuple[Sketch, Path | None]:
    """The picture, with what is said of the camera already."""
    from pipeline.faces import Mtcnn

    stream = item.stream or options.stream or 1
    cameras, said = areas_of_stream(item.path, stream, options)
    areas = said or NO_AREAS
    detector = Mtcnn(min_face_px=LEAST_FACE_PX, threshold=THRESHOLD)
    try:
        check_file(item.path)
        with Decoder() as decoder:
            still = take_still(item.path, decoder, detector, hints_of(item, options), areas.masks)
    except VideoError as error:
        raise VideoError(f"{item.path}: {error}") from error
    name = item.path.name if stream == 1 else f"{item.path.name}#{stream}"
    file = camera_file(item.path, options)
    found = file.find(item.path.with_name(name)) if file and said else None
    return Sketch(still, found.pattern if found else name, found is not None, areas), cameras
