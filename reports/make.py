"""One report from beginning to end: databases in, numbers out, and the files that were asked for. It prints nothing."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import DiskError, NoInputError, SettingError, StoreError, UsageError
from pipeline.files import FULL, PRIVATE, SHARED, written_beside
from pipeline.plurals import count
from pipeline.store.database import connect, explain
from pipeline.store.integrity import check_sound

from .files.excel import write_excel
from .files.exports import to_csv, to_json
from .files.face_rows import write_faces
from .numbers.audited import read_audited
from .numbers.clock import wall_clock
from .numbers.grouping import By
from .numbers.queries import load
from .numbers.report import Report, Request, make_report
from .numbers.rollup import parse_rollup
from .numbers.selection import Selection
from .numbers.shown import MIN_GROUP
from .numbers.sides import parse_sides
from .numbers.visit_groups import Per
from .numbers.visit_rows import load_visits
from .numbers.zone_rows import load_views
from .page.html import render

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from .numbers.columns import Data
    from .numbers.visit_data import VisitData
    from .numbers.zone_rows import View
    from .words.words import Words


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is to say, as the reader writes it.

    Attributes:
        selection: which rows.
        by: what the main groups are: location, camera, video, hour or day.
        compare: two periods, locations or patterns of locations with a colon between them; None for no comparison.
        count_as: changes of what an expression counts as, such as `surprise=positive`.
        title: of the page; None for the standard one.
        guessed_starts: count videos whose start is a guess by hour and weekday, too.
        min_group: groups of fewer people are hidden, and whatever would tell of one.
        per: what shares are of that are said first, visit or face; None for visits where all videos have them.
    """

    selection: Selection = field(default_factory=Selection)
    by: str = By.LOCATION
    compare: str | None = None
    count_as: tuple[str, ...] = ()
    title: str | None = None
    guessed_starts: bool = False
    min_group: int = MIN_GROUP
    per: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """The files that are wanted; None for those that are not.

    Attributes:
        html: one self-contained page.
        csv: a row for each group and expression.
        json: all numbers.
        excel: a workbook with a sheet for each section, .xlsx.
        faces: a row for each face, .csv or .parquet.
        share: let everybody on the machine read them, not their owner alone.
    """

    html: Path | None = None
    csv: Path | None = None
    json: Path | None = None
    excel: Path | None = None
    faces: Path | None = None
    share: bool = False

    @property
    def as_parquet(self) -> bool:
        """Whether rows of faces are wanted as Parquet."""
        return self.faces is not None and self.faces.suffix == ".parquet"

    def named(self) -> list[Path]:
        """All that are wanted."""
        paths = (getattr(self, one.name) for one in fields(self) if one.name != "share")
        return [path for path in paths if path is not None]


def make(
    databases: Sequence[str],
    question: Question,
    words: Words,
    files: Files | None = None,
    on_written: Callable[[Path], object] = lambda _: None,
) -> Report:
    """Read the databases, compute every number once, and write the files that are wanted, each whole or not at all.

    `page.html.render` and `sheets.tables.tables` show the report that comes back.

    Args:
        databases: paths or SQLAlchemy URLs; several are read as one.
        question: what the report is to say.
        words: the language of page and workbook.
        files: what is to be written.
        on_written: called with each file that is.

    Raises:
        UsageError: the question names something that is not stored, or a file cannot be written.
        DiskError: there is no room for a file.
        NoInputError: nothing is stored yet, or nothing is left.
        StoreError: a database is missing, or stopped answering.
    """
    files = files or Files()
    check_files(files)
    with ExitStack() as opened:
        engines = [_open(name, opened) for name in databases]
        try:
            data = _read(engines, question.selection)
            visits = load_visits(engines, question.selection)
            report = answer(data, question, visits, load_views(engines, question.selection, visits))
            _write(report, words, files, engines, on_written)
        except SQLAlchemyError as error:
            raise StoreError(explain(error)) from error
    return report


def check_files(files: Files) -> None:
    """Refuse what could not be written before anything is read.

    Raises:
        UsageError: a name has the wrong ending or stands twice, its folder is missing, or pyarrow is.
    """
    if files.faces and files.faces.suffix not in {".csv", ".parquet"}:
        raise SettingError("faces", "a file name that ends in .csv or .parquet", files.faces)
    if files.as_parquet and find_spec("pyarrow") is None:
        raise UsageError(f"`faces` {files.faces}: needs pyarrow. Install it: pip install 'fer-video[parquet]'.")
    if files.excel and files.excel.suffix != ".xlsx":
        raise SettingError("excel", "a file name that ends in .xlsx", files.excel)
    named = files.named()
    twice = next((path for path in named if named.count(path) > 1), None)
    if twice:
        raise UsageError(f"{twice}: expected another file for each output; it is named twice.")
    for path in named:
        # os.path answers no where Path raises: for names that are too long or out of reach.
        if os.path.isdir(path):  # noqa: PTH112
            raise UsageError(f"{path}: expected a file to write; it is a folder.")
        if not os.path.isdir(path.absolute().parent):  # noqa: PTH112
            raise UsageError(f"{path}: cannot be written: the folder {path.parent} does not exist or is out of reach.")


def answer(data: Data, question: Question, visits: VisitData | None = None, views: Sequence[View] = ()) -> Report:
    """All numbers of the report on rows that were read, and on the visits and pictures of the same selection.

    Raises:
        UsageError: the question cannot be followed.
    """
    sides = parse_sides(question.compare, {video.location for video in data.videos}) if question.compare else None
    rollup = parse_rollup(question.count_as)
    by, per = By(question.by), Per(question.per) if question.per else None
    limits = question.guessed_starts, question.min_group
    request = Request(question.selection, by, rollup, question.title, sides, *limits, per)
    return make_report(data, request, visits, views)


def _open(name: str, opened: ExitStack) -> Engine:
    engine = connect(name)
    opened.callback(engine.dispose)
    check_sound(engine)
    return engine


def _read(engines: Sequence[Engine], selection: Selection) -> Data:
    data = load(engines, selection)
    if not data.videos:
        raise NoInputError("nothing to report: no selected video is stored yet. Run 'fer-video analyze PATH' first.")
    if not len(data.frames) and (selection.since or selection.until):
        raise _nothing_left(data, selection, load(engines, replace(selection, since=None, until=None)))
    if len(data.faces) and not selection.gates.passing(data.faces).any():
        raise _no_face_left(selection)
    return replace(data, audited=read_audited(engines, selection))


def _no_face_left(selection: Selection) -> NoInputError:
    """That the gates keep no face; how large or sharp the best one is would tell of a single person."""
    gates = selection.gates
    asked = " ".join(
        f"`{name}` {value:g}"
        for name, value in (("min_face_px", gates.min_face_px), ("min_sharpness", gates.min_sharpness))
        if value
    )
    return NoInputError(f"nothing is left: {asked}: expected some face to pass; found none that does. Ask for less.")


def _nothing_left(data: Data, selection: Selection, everything: Data) -> NoInputError:
    """Why no frame lies in the stretch of time that was asked for."""
    local_s = everything.frames.local_s[~np.isnan(everything.frames.local_s)]
    since = f" from {selection.since:%Y-%m-%d %H:%M} on (`since`)" if selection.since else ""
    until = f" before {selection.until:%Y-%m-%d %H:%M} (`until`)" if selection.until else ""
    unknown = sum(video.started_at is None for video in data.videos)
    if not len(local_s):
        why = "no start is known. Say it: fer-video place VIDEO --start TIME, or cameras.toml."
    else:
        first, last = (f"{wall_clock(float(one)):%Y-%m-%d %H:%M}" for one in (local_s.min(), local_s.max()))
        others = f"; of {count(unknown, 'video')} no start is known" if unknown else ""
        why = f"frames are from {first} to {last}{others}. Choose a stretch of time in which there are some."
    return NoInputError(f"nothing is left of {count(len(data.videos), 'video')}{since}{until}: {why}")


def _write(
    report: Report, words: Words, files: Files, engines: Sequence[Engine], on_written: Callable[[Path], object]
) -> None:
    makers: tuple[tuple[Path | None, Callable[[Path], object]], ...] = (
        (files.html, lambda path: path.write_bytes(render(report, words).encode("utf-8", "replace"))),
        (files.csv, lambda path: path.write_bytes(to_csv(report).encode("utf-8-sig", "replace"))),
        (files.json, lambda path: path.write_bytes(to_json(report))),
        (files.excel, lambda path: write_excel(report, words, path)),
        (
            files.faces,
            lambda path: write_faces(
                engines, report.request.selection, path, report.rows, parquet=files.as_parquet, runs=report.runs
            ),
        ),
    )
    for target, make_one in makers:
        if target:
            _write_one(target, make_one, SHARED if files.share else PRIVATE)
            on_written(target)


def _write_one(target: Path, make_one: Callable[[Path], object], mode: int) -> None:
    try:
        with written_beside(target) as draft:
            draft.touch(PRIVATE, exist_ok=False)
            make_one(draft)
            draft.chmod(mode)
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: OSError) -> DiskError | UsageError:
    # Arrow says the number of its error in words alone.
    told = re.search(r"errno (\d+)", str(error))
    number = error.errno or (int(told[1]) if told else 0)
    cause = os.strerror(number) if number else str(error)
    if number in FULL:
        return DiskError(f"{target}: cannot be written: {cause}. Make room there, or name a file on another disk.")
    return UsageError(f"{target}: cannot be written: {cause}. Choose a file in a folder that you may write to.")
