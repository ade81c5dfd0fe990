"""Answers from beginning to end: files in, kept with the rows they are about, and compared with what was recognised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from pipeline.audits.answers import read_answers
from pipeline.audits.finding import find_videos
from pipeline.errors import DataError, SettingError, UsageError
from pipeline.store.audits import AuditedFace, forget_page, known_videos, page_of, save
from pipeline.store.schema import RunRow

from ..numbers.accuracy import measure_accuracy
from ..numbers.audited import read_audited
from ..numbers.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from pipeline.audits.answers import RatedFace
    from pipeline.labels import Thresholds
    from pipeline.store.audits import KnownVideo

    from ..numbers.accuracy import Accuracy

NAMED = 3
"""So many of the videos that are missing are named."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was read.

    Attributes:
        number: the audit's number in the database.
        sample: by which its answers are known.
        accuracy: all figures.
        unknown: names of videos in the files that the database does not have, or has twice, with their faces.
    """

    number: int
    sample: str
    accuracy: Accuracy
    unknown: dict[str, int]


def read(engine: Engine, files: Sequence[Path], thresholds: Thresholds, run: int | None = None) -> Audit:
    """Read the files of all who answered, keep their answers, and measure.

    The same files read twice are one audit; files of more people take the place of what was read before.

    Args:
        engine: the database, opened for writing.
        files: answers to one sample, a file for each person.
        thresholds: by which a reading becomes a label.
        run: measure this run; None for the newest complete one of each video.

    Raises:
        DataError: a file cannot be read, or none of its videos is known here.
        UsageError: there is no such run.
    """
    answers = read_answers(files)
    found, unknown = find_videos(answers.faces, known_videos(engine))
    faces = [_audited(face, video) for face, video in found]
    if not faces:
        raise DataError(
            f"{files[0]}: expected faces of videos that this database knows; found {_listed(unknown)}. "
            "Name their database with `db`, or analyse the videos first."
        )
    number = save(engine, answers.sample, faces, answers.raters)
    audited = read_audited([engine], Selection(run=run, thresholds=thresholds), number)
    if audited is None:
        raise DataError(
            f"{files[0]}: expected videos with a complete analysis; those of these faces have none. "
            "Analyse them, then read the answers again."
        )
    return Audit(number, answers.sample, measure_accuracy(audited), unknown)


def _audited(face: RatedFace, video: KnownVideo) -> AuditedFace:
    return AuditedFace(0, video.video_id, face.frame, face.box, face.votes, face.weight, face.random)


def _listed(unknown: dict[str, int]) -> str:
    names = list(unknown)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def find_run(engine: Engine, model: str) -> int:
    """The newest run of a model.

    Raises:
        SettingError: there is none.
    """
    with engine.connect() as connection:
        rows = connection.execute(select(RunRow.id, RunRow.model).order_by(RunRow.created_at, RunRow.id)).all()
    runs = [number for number, name in rows if name == model]
    if not runs:
        known = ", ".join(dict.fromkeys(name for _, name in rows)) or "none"
        raise SettingError("model", f"a model that a run of this database used: {known}", model)
    return int(runs[-1])


def erase(engine: Engine, sample: str) -> Path | None:
    """Remove the page with the pictures of a sample; the path that it had, or None where none is known (any more).

    Raises:
        UsageError: the file that is there is another one, or cannot be removed.
    """
    known = page_of(engine, sample)
    if known is None:
        return None
    page = Path(known)
    try:
        if sample not in page.read_text("utf-8", "replace"):
            raise UsageError(f"{page}: expected the page of these answers; found another file. It was left as it is.")
        page.unlink()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise UsageError(f"{page}: cannot be removed: {error.strerror}. Delete it yourself.") from error
    forget_page(engine, sample)
    return page
