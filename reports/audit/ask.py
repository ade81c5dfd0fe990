"""A sample from beginning to end: faces drawn, cut from their videos, and written as the page people answer on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.audits.cutting import Footage, Spot, cut_out, encode_view, view_of
from pipeline.errors import NoInputError, UsageError, VideoError
from pipeline.files import write_private
from pipeline.plurals import count
from pipeline.store.audits import known_videos, note_sample
from pipeline.video.decoding import Decoder

from ..files.targets import check_out
from ..words.words import Language
from .page import render
from .sample import draw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from pipeline.records import Box, Image

    from ..numbers.selection import Selection
    from .sample import Drawn, Strata


@dataclass(frozen=True, slots=True)
class Question:
    """What people are to be asked.

    Attributes:
        selection: faces of which rows.
        faces: how many.
        by: as many of each location or camera; None for one draw from everything.
        seed: of the draw.
        lang: the language that the page starts in.
    """

    selection: Selection
    faces: int = 200
    by: Strata | None = None
    seed: int = 0
    lang: Language = Language.EN


@dataclass(frozen=True, slots=True)
class Missing:
    """Faces of a video that cannot be shown.

    Attributes:
        video: its path.
        faces: how many of the drawn ones.
        why: what was expected and found.
    """

    video: str
    faces: int
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was written.

    Attributes:
        page: the file.
        faces: on it.
        stored: that they were drawn from.
        videos: that they were cut from.
        missing: videos that some or all drawn faces could not be cut from.
    """

    page: Path
    faces: int
    stored: int
    videos: int
    missing: tuple[Missing, ...]


def ask(
    engine: Engine,
    question: Question,
    out: Path,
    *,
    force: bool = False,
    on_video: Callable[[int, int], object] = lambda _number, _all: None,
) -> Asked:
    """Draw faces and write the page. It holds pictures of people, so only its owner can read it.

    Args:
        engine: the database, opened for writing: it remembers where the page is.
        question: which faces, and how many.
        out: the page.
        force: replace a file of that name.
        on_video: called before each video with its number, from 1, and the number of all.

    Raises:
        UsageError: `out` cannot be written, or the selection matches nothing.
        NoInputError: there are no faces, or none of them can be cut.
    """
    check_out(out, force=force)
    drawn = draw(engine, question.selection, question.faces, question.by, question.seed)
    pictures, missing = _cut(engine, drawn, on_video)
    if not pictures:
        first = missing[0]
        raise NoInputError(
            f"expected the videos that were analysed; none of {count(len(drawn.faces), 'face')} could be cut. "
            f"{first.video}: {first.why}"
        )
    weights = drawn.weights(sorted(pictures))
    shown = [(drawn.faces[at], weights[at], pictures[at]) for at in sorted(pictures)]
    check_out(out, force=force)
    try:
        write_private(out, render(drawn.key, shown, question.lang).encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror or error}. Name another with `out`.") from error
    note_sample(engine, drawn.key, str(out.absolute()))
    videos = len({face.video.sha256 for face, _, _ in shown})
    return Asked(out, len(shown), sum(drawn.stored), videos, tuple(missing))


def _cut(
    engine: Engine, drawn: Drawn, on_video: Callable[[int, int], object]
) -> tuple[dict[int, bytes], list[Missing]]:
    """Pictures by the position of their face in the sample, and what is missing."""
    known = {video.video_id: video for video in known_videos(engine)}
    wanted: defaultdict[int, list[int]] = defaultdict(list)
    for at, face in enumerate(drawn.faces):
        wanted[face.video_id].append(at)
    pictures: dict[int, bytes] = {}
    missing = []
    with Decoder() as decoder:
        for number, (video_id, positions) in enumerate(sorted(wanted.items()), start=1):
            on_video(number, len(wanted))
            video = known[video_id]
            faces = [drawn.faces[at] for at in positions]
            spots = tuple(Spot(face.frame, face.box, face.time_s) for face in faces)
            footage = Footage(video.path, video.content, spots, video.hints, video.masks)
            why = "some frames cannot be decoded any more"
            hidden, before = 0, len(pictures)
            try:
                for piece in cut_out(footage, decoder, _picture):
                    if piece.cut is None:
                        hidden += 1
                    else:
                        pictures[positions[piece.at]] = piece.cut
            except VideoError as error:
                why = str(error)
            lost = len(positions) - (len(pictures) - before)
            if hidden:
                missing.append(Missing(str(video.path), hidden, "they lie in areas that are blanked by now"))
            if lost - hidden:
                missing.append(Missing(str(video.path), lost - hidden, why))
    return pictures, missing


def _picture(image: Image, box: Box) -> bytes:
    return encode_view(view_of(image, box))
