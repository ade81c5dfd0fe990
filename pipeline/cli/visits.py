"""`fer-video visits`: who is who in analyses of an older version, or over another gap. Nothing is decoded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..plurals import count
from .console import echo_json, printable, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from reports.numbers.queries import Source

    from ..tracks.linking import Found

_Names = list[str] | None


@dataclass(frozen=True, slots=True)
class _Line:
    """What is told of one video."""

    video: str
    location: str
    camera: str
    visits: int | None
    cut: int
    still: list[dict[str, float]]
    why_none: str | None
    picture_moves: bool


def visits(  # noqa: PLR0917 - Typer turns parameters with a default into options
    location: Annotated[_Names, typer.Option("--location", help="Only this location; globs. May be repeated.")] = None,
    camera: Annotated[_Names, typer.Option("--camera", help="Only this camera; globs. May be repeated.")] = None,
    video: Annotated[_Names, typer.Option("--video", help="Only this video; globs. May be repeated.")] = None,
    run: Annotated[int | None, typer.Option("--run", help="Of this run. [default: each video's newest]")] = None,
    visit_gap: Annotated[
        float | None,
        typer.Option(
            "--visit-gap",
            metavar="SECONDS",
            help="Link again: whoever is seen again within so many seconds is still on the same visit, 0.5 to 30. "
            "[default: link what is not linked yet, over 5]",
        ),
    ] = None,
    db: Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")] = "fer-video.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find out which faces are one person's visit, from stored boxes and times.

    analyze does so by itself. This command does it for analyses of an older version, and over another gap. A visit is
    somebody whose face was seen; whoever comes back after the gap is a new one, and nobody is known again on another
    day or by another camera. What keeps still for five minutes is a poster, a mirror or a screen: left out, and listed.

    Exit codes: 0 linked, 2 wrong usage, 5 database.
    """
    from reports.numbers.queries import find_sources
    from reports.numbers.selection import Selection

    from ..store.database import connect

    _check_gap(visit_gap)
    engine = connect(db, writes=True)
    try:
        chosen = Selection(tuple(location or ()), tuple(camera or ()), tuple(video or ()), run=run)
        lines = list(_link_all(engine, find_sources([engine], chosen), visit_gap))
    finally:
        engine.dispose()
    if as_json:
        echo_json([asdict(line) for line in lines])
        return
    for line in lines:
        typer.echo(printable(f"{line.video}: {_tell(line)}"))
    if not lines:
        say("nothing to link: all that is complete is linked already; --visit-gap links it again.")


def _check_gap(visit_gap: float | None) -> None:
    """Refuse a gap that joins nobody, or people of another hour."""
    from ..errors import SettingError

    if visit_gap is not None and not 0.5 <= visit_gap <= 30:
        raise SettingError("visit_gap", "0.5 to 30 seconds", f"{visit_gap:g}")


def _link_all(engine: Engine, sources: list[Source], visit_gap: float | None) -> Iterator[_Line]:
    """Link each complete analysis that needs it, in a transaction of its own."""
    from ..store.integrity import told_as_damage

    for source in sources:
        if source.video.run is None or source.run_id is None:
            continue
        with told_as_damage(engine):
            found = _link(engine, (source.video_id, source.run_id), visit_gap)
        if found is None:
            continue
        still = [
            {"x": one.x, "y": one.y, "side": one.side, "first_s": one.first_s, "last_s": one.last_s}
            for one in found.still
        ]
        count = None if found.why_none else len(found.visits)
        cut = sum(one.cut is not None for one in found.visits)
        video = source.video
        yield _Line(video.name, video.location, video.camera, count, cut, still, found.why_none, found.picture_moves)


def _link(engine: Engine, key: tuple[int, int], visit_gap: float | None) -> Found | None:
    """Link an analysis that nobody works on; None where that need not be."""
    from sqlalchemy import select

    from ..store.locks import lock_video
    from ..store.schema import DONE, PARTIAL, AnalysisRow
    from ..store.standing import of
    from ..tracks.gates import LINKER_VERSION, VISIT_GAP_S, read_linked
    from ..tracks.linking import link_analysis

    with engine.begin() as connection:
        lock_video(connection, key[0])
        stands = connection.execute(select(AnalysisRow.status, AnalysisRow.linker).where(of(AnalysisRow, key))).one()
        if stands.status not in {DONE, PARTIAL}:
            return None
        before = read_linked(stands.linker)
        kept = before.visit_gap_s if before and before.visit_gap_s else VISIT_GAP_S
        if visit_gap is None and before and before.version == LINKER_VERSION:
            return None
        return link_analysis(connection, key, visit_gap or kept)


def _tell(line: _Line) -> str:
    """What was found, in one line."""
    if line.why_none:
        return f"no visits: {line.why_none}"
    parts: list[Any] = [f"{line.visits} visit{'' if line.visits == 1 else 's'}"]
    if line.cut:
        parts.append(f"{line.cut} of them cut off by the start, the end or a gap of the recording")
    if line.still:
        first = line.still[0]
        where = f"the first at {first['x']:.0f}, {first['y']:.0f}"
        parts.append(
            f"{count(len(line.still), 'time')} something that keeps still, as posters and screens do, left out; {where}"
        )
    if line.picture_moves:
        parts.append(
            "uncertain, as the picture moves: one person may be several visits, and a poster may be one; fix the camera"
        )
    return "; ".join(parts)
