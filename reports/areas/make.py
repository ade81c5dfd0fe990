"""From a video to the page on which its camera's areas are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.annotate.still import LEAST_FACE_PX, THRESHOLD, take_still
from pipeline.areas import NO_AREAS
from pipeline.errors import UsageError, VideoError
from pipeline.files import write_private
from pipeline.places.locate import camera_file
from pipeline.places.streams import areas_of_stream, hints_of
from pipeline.video.decoding import Decoder
from pipeline.video.reader import check_file

from ..files.targets import check_out
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
