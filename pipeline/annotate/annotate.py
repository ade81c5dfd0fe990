"""A copy of a video that shows what was seen: boxes and labels from the database, heads blurred.

The only part of fer-video that writes pixels. What nobody asked to see stays hidden: between analysed frames too, and
where no frame near by was analysed, the whole picture.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av

from ..areas import NO_AREAS
from ..blanking import blank
from ..errors import DiskError, SettingError, UsageError, VideoError
from ..files import FULL, written_beside
from ..records import NO_HINTS, End, numbered
from ..store.sightings import list_analyses
from ..video.identity import identify
from ..video.reader import check_file
from . import hiding
from .carry import Carrier
from .drawing import blur, blur_all, draw, outline
from .encoding import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Engine

    from ..areas import Areas
    from ..records import Box, Frame, Hints, Image, VideoInfo
    from ..store.sightings import Analysis, Look
    from ..video.decoding import Decoder
    from .carry import Mark


class NotAnalysedError(UsageError):
    """A video that has to be analysed before there is anything to show."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What was written.

    Attributes:
        frames: frames written.
        analysed: how many of them were analysed.
        unseen: how many are further from an analysed frame than boxes can be carried.
        lost: frames that could not be decoded, which the copy lacks.
        damage: what is wrong with the video as a whole, or None.
    """

    frames: int
    analysed: int
    unseen: int
    lost: int
    damage: str | None = None


def default_out(video: Path, stream: int = 1) -> Path:
    """`door.mp4` → `door.annotated.mp4` in the working directory; of its second camera `door#2.annotated.mp4`."""
    return Path(f"{numbered(video.stem, stream)}.annotated.mp4")


def check_out(video: Path, out: Path, *, force: bool) -> None:
    """Refuse a target that would lose something, before any work is done.

    Raises:
        UsageError: it is the video itself, exists already, is no mp4 name, or has no folder.
    """
    if out.suffix.lower() != ".mp4":
        raise SettingError("out", "a name that ends in .mp4, the format that is written", out)
    # os.path answers no where Path raises: for names that are too long or out of reach.
    if not os.path.isdir(out.absolute().parent):  # noqa: PTH112
        raise SettingError("out", "a folder to write in", f"{out.absolute().parent}, which is none", "Make it first.")
    if os.path.isdir(out):  # noqa: PTH112
        raise SettingError("out", "a file name", f"{out}; this is a folder", "Name a file in it.")
    is_there = os.path.exists(out)  # noqa: PTH110
    if is_there and os.path.exists(video) and out.samefile(video):  # noqa: PTH110
        raise SettingError("out", "another name", f"{out}, the video itself, which is never overwritten")
    if is_there and not force:
        raise UsageError(f"{out}: is there already. Name another file with `out`, or overwrite it with `force`.")


def find_analysis(engine: Engine, video: Path, db: str, run: int | None = None, stream: int = 1) -> Analysis:
    """The analysis to show: the newest complete one, or that of a run.

    Args:
        engine: the open database.
        video: looked up by the hash of its content, so a renamed or moved file is found.
        db: what the user calls the database, for messages.
        run: number of the run; None for the newest complete one.
        stream: which of the file's cameras, from 1.

    Raises:
        VideoError: the file cannot be read.
        NotAnalysedError: there is no such analysis.
    """
    try:
        check_file(video)
    except VideoError as error:
        raise VideoError(f"{video}: {error}") from error
    analyses = list_analyses(engine, identify(video, stream).sha256)
    if not analyses:
        raise NotAnalysedError(f"{video}: was never analysed into {db}.")
    complete = [one for one in analyses if one.is_complete and run in {None, one.run_id}]
    if complete:
        return complete[-1]
    known = ", ".join(f"{one.run_id} ({one.status})" for one in analyses)
    wanted = "a complete analysis" if run is None else f"a complete analysis under run {run}"
    raise NotAnalysedError(f"{video}: expected {wanted}; {db} has run {known}.")


def annotate(
    video: Path,
    out: Path,
    looks: Sequence[Look],
    decoder: Decoder,
    *,
    show_faces: bool = False,
    force: bool = False,
    hints: Hints = NO_HINTS,
    areas: Areas = NO_AREAS,
    hidden: Sequence[Look] = (),
    on_frame: Callable[[int], None] = lambda _written: None,
) -> Copy:
    """Write the copy: H.264 in mp4, upright, with the timestamps of the original and without its sound or metadata.

    Args:
        video: the original.
        out: the copy. It gets this name when it is whole; until then it is a hidden `.part` file beside it.
        looks: the analysed frames, from `sightings.read_looks`.
        decoder: reads the video.
        show_faces: leave faces recognisable.
        force: replace a file of that name.
        hints: what the video was read by when it was analysed; see `find_analysis`.
        areas: what was said of the picture: blanked areas are black, zones are outlined.
        hidden: where heads may be that no analysis saw, from `hiding.look_again`: blurred, and not drawn.
        on_frame: called with the number of frames written so far, after each.

    Raises:
        DiskError: there is no room for `out`.
        UsageError: `out` cannot be written; see `check_out`.
        VideoError: the video cannot be decoded.
    """
    check_out(video, out, force=force)
    try:
        info = _probe(video, decoder, hints)
        with written_beside(out) as part, Writer(part, info) as writer:
            frames = decoder.sample(video, None, hints=hints)
            size = (info.width, info.height)
            carriers = (Carrier(looks, size), Carrier(() if show_faces else hidden, size, hiding.HOLD_S))
            written = _write_all(frames, carriers, writer, on_frame, areas, show_faces=show_faces)
            writer.finish()
            check_out(video, out, force=force)
    except VideoError as error:
        raise VideoError(f"{video}: {error}") from error
    except (av.error.FFmpegError, OSError) as error:
        kind = DiskError if error.errno in FULL else UsageError
        raise kind(f"{out}: cannot be written: {error.strerror or error}. Name another with `out`.") from error
    return written


def _probe(video: Path, decoder: Decoder, hints: Hints) -> VideoInfo:
    info = decoder.probe(video, hints)
    if info.is_still:
        raise VideoError("expected a video; this is a still picture")
    return info


def _write_all(
    frames: Iterable[Frame | End],
    carriers: tuple[Carrier, Carrier],
    writer: Writer,
    on_frame: Callable[[int], None],
    areas: Areas,
    *,
    show_faces: bool,
) -> Copy:
    """Of the carriers, the first has what was analysed, the second what is hidden besides."""
    carrier, hider = carriers
    written = analysed = unseen = lost = 0
    damage = None
    for frame in frames:
        if isinstance(frame, End):
            damage = frame.damage
            break
        if frame.image is None:
            lost += 1
            continue
        image = frame.image.copy()
        marks = carrier.marks(frame.index, frame.timestamp_s)
        covers = [mark.cover for mark in hider.marks(frame.index, frame.timestamp_s) or ()]
        annotate_frame(image, marks, areas, show_faces=show_faces, covers=covers)
        writer.write(image, frame.timestamp_s)
        written += 1
        analysed += carrier.is_analysed(frame.index)
        unseen += marks is None
        on_frame(written)
    if not written:
        raise VideoError("no frame could be decoded")
    return Copy(written, analysed, unseen, lost, damage)


def annotate_frame(
    image: Image,
    marks: Sequence[Mark] | None,
    areas: Areas = NO_AREAS,
    *,
    show_faces: bool,
    covers: Sequence[Box] = (),
) -> None:
    """Blur heads and what else is to be covered, blank and draw, in place.

    Without knowledge of who is there (None), everything is blurred.
    """
    if not show_faces:
        if marks is None:
            blur_all(image)
        for cover in (*covers, *(mark.cover for mark in marks or ())):
            blur(image, cover)
    blank(image, areas.masks)
    outline(image, [zone.polygon for zone in areas.zones])
    draw(image, marks or ())
