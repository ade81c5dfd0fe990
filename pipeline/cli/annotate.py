"""`fer-video annotate`: a copy of a video that shows what was seen, faces blurred."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from functools import partial
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..plurals import count
from ..records import MIN_CONFIDENCE, MIN_IS_FACE, MIN_READABLE
from .console import printable, say
from .progress import Pause, is_watched, make_bars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..annotate.annotate import Copy
    from ..labels import Thresholds
    from ..records import VideoInfo
    from ..store.sightings import Analysis, Look
    from ..video.decoding import Decoder


def annotate(  # noqa: PLR0917 - Typer turns parameters with a default into options
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video that was analysed, under any name.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The copy, an .mp4 file. [default: VIDEO's name with .annotated.mp4, in this folder]"
        ),
    ] = None,
    db: Annotated[
        str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path, or an SQLAlchemy URL.")
    ] = "fer-video.db",
    run: Annotated[
        int | None, typer.Option("--run", help="Show this run. [default: the video's newest complete one]")
    ] = None,
    stream: Annotated[
        int, typer.Option("--stream", min=1, help="Which camera of a file that holds several. [default: the main one]")
    ] = 1,
    min_confidence: Annotated[
        float,
        typer.Option("--min-confidence", help="Below this probability a face is 'undecided', 0 to 1."),
    ] = MIN_CONFIDENCE,
    min_readable: Annotated[
        float,
        typer.Option("--min-readable", help="Below this probability of being readable a face is 'unclear', 0 to 1."),
    ] = MIN_READABLE,
    min_is_face: Annotated[
        float,
        typer.Option("--min-is-face", help="Below this probability of being a face it gets no box, 0 to 1."),
    ] = MIN_IS_FACE,
    show_faces: Annotated[
        bool,
        typer.Option("--show-faces", help="Leave faces recognisable. The copy then shows people to whoever has it."),
    ] = False,
    tracks: Annotated[
        bool,
        typer.Option("--tracks", help="Put the number of the visit before each label; it means nothing elsewhere."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the copy if it is there already.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")] = False,
) -> None:
    """Write a copy of an analysed video with boxes and labels: the only command that writes pixels.

    Blanked areas are black and zones are outlined, as they were told last. Heads are blurred, between analysed frames
    too, unless --show-faces is given. Heads are looked for anew, four times a second and less strictly than analyze
    does, so much is blurred that is none. A face that detection missed stays visible: look at the copy before you
    hand it on. Frames more than a second from an analysed one are blurred whole. Sound and metadata are left out;
    timestamps stay. The copy is marked as one, and analyze leaves it out.

    Exit codes: 0 written, 2 wrong usage or never analysed, 3 the video cannot be read, 5 database.
    """
    from ..annotate.annotate import annotate as write_copy
    from ..annotate.annotate import check_out, default_out
    from ..labels import Thresholds
    from ..video.decoding import Decoder

    thresholds = Thresholds(min_confidence, min_readable, min_is_face)
    out = out or default_out(video, stream)
    check_out(video, out, force=force)
    analysis, looks = _find(video, db, (run, stream), thresholds, tracks=tracks)
    faces = "FACES RECOGNISABLE (--show-faces)" if show_faces else "heads blurred where they are found"
    analysed = count(len(looks), "analysed frame")
    say(f"This command writes pixels: {printable(out)}, {faces}; run {analysis.run_id}, {analysed}.")
    with Decoder() as decoder:
        info = None if quiet else decoder.probe(video, analysis.hints)
        hidden = () if show_faces else _hide(video, decoder, analysis, info)
        write = partial(write_copy, show_faces=show_faces, force=force, hints=analysis.hints, areas=analysis.areas)
        with _progress(_frames_of(info), "frames") as on_frame:
            copy = write(video, out, looks, decoder, hidden=hidden, on_frame=on_frame)
    _say_blanked_since(analysis)
    if not quiet:
        _print(out, copy, show_faces=show_faces)


def _hide(video: Path, decoder: Decoder, analysis: Analysis, info: VideoInfo | None) -> Sequence[Look]:
    """Where heads may be that no analysis saw."""
    from ..annotate.hiding import LOOKS_PER_S, look_again, open_hider
    from ..errors import VideoError

    expected = None if info is None else round((info.duration_s or 0) * min(LOOKS_PER_S, info.fps or LOOKS_PER_S))
    try:
        with _progress(expected, "frames searched for heads") as on_look:
            return look_again(video, decoder, open_hider(), analysis.hints, on_look)
    except VideoError as error:
        raise VideoError(f"{video}: {error}") from error


def _say_blanked_since(analysis: Analysis) -> None:
    from ..areas import blank_sha256

    if analysis.blank_sha256 != blank_sha256(analysis.areas.masks):
        say("Other areas are blanked than when it was analysed: run 'fer-video analyze' on it for rows without them.")


def _find(
    video: Path, db: str, which: tuple[int | None, int], thresholds: Thresholds, *, tracks: bool
) -> tuple[Analysis, Sequence[Look]]:
    """The analysis to show, by its run and camera, and what it saw; or the command that makes one."""
    from ..annotate.annotate import NotAnalysedError, find_analysis
    from ..store.database import connect
    from ..store.sightings import is_linked, read_looks

    engine = connect(db)
    try:
        analysis = find_analysis(engine, video, db, *which)
        if tracks and not is_linked(engine, analysis):
            command = shlex.join(["fer-video", "visits", "--db", db])
            raise UsageError(f"{video}: has no visits in {db}. Run '{command}', which finds them or says why not.")
        return analysis, read_looks(engine, analysis, thresholds, visits=tracks)
    except NotAnalysedError as error:
        command = shlex.join(["fer-video", "analyze", str(video), "--db", db])
        raise NotAnalysedError(f"{error} Run '{command}' first.") from error
    finally:
        engine.dispose()


def _print(out: Path, copy: Copy, *, show_faces: bool) -> None:
    typer.echo(printable(f"{out}: {count(copy.frames, 'frame')}, {copy.analysed:,} of them analysed"))
    if not show_faces:
        say("A face that detection missed stays visible: look at the copy before you hand it on.")
    if copy.unseen:
        blurred = "shown without boxes" if show_faces else "blurred whole"
        say(
            f"{count(copy.unseen, 'frame is', 'frames are')} more than a second from an analysed one and {blurred}: "
            "analyse more frames a second to see more."
        )
    if copy.lost:
        lost = count(copy.lost, "frame could not be decoded and is", "frames could not be decoded and are")
        say(f"{lost} missing from the copy.")
    if copy.damage:
        say(f"the video is damaged: {copy.damage}.")


def _frames_of(info: VideoInfo | None) -> int | None:
    return None if info is None else round((info.duration_s or 0) * info.fps)


@contextmanager
def _progress(expected: int | None, what: str) -> Iterator[Callable[[int], None]]:
    """What to call with how many are done: a bar on a terminal, a line now and then elsewhere.

    Args:
        expected: about how many there will be, 0 where nobody knows; None for no progress at all.
        what: is counted.
    """
    if expected is None:
        yield lambda _done: None
        return
    if not is_watched():
        yield _lines(expected, what)
        return
    with make_bars() as bars:
        task = bars.add_task(what, total=expected or None)
        yield lambda done: bars.update(task, completed=done)


def _lines(expected: int, what: str) -> Callable[[int], None]:
    pause = Pause()

    def on_step(done: int) -> None:
        if pause.is_over():
            say(f"  {done} {what}{f' of about {expected}' if expected else ''}")

    return on_step
