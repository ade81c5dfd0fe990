"""Whether a database is sound: a damaged one is refused before its rows are taken for facts.

SQLite finds pages that do not fit together, but knows of no sum over what they hold. Rows say some things twice, and
where they contradict each other something was changed by a failing disk, and not by us.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import not_, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..errors import StoreError
from ..plurals import count
from .database import DAMAGED, explain
from .guards import ORPHANS
from .naming import name_of
from .patience import is_held
from .schema import DONE, FAILED, PARTIAL, RUNNING, AnalysisRow, FrameRow, RunRow, VideoRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_MOST_SECONDS = 1e9

_COUNTS = """
SELECT stored.video_id, stored.faces, COALESCE(found.faces, 0) FROM
    (SELECT video_id, run_id, SUM(faces) AS faces FROM frames GROUP BY video_id, run_id) AS stored
    LEFT JOIN (SELECT video_id, run_id, COUNT(*) AS faces FROM faces GROUP BY video_id, run_id) AS found
    ON found.video_id = stored.video_id AND found.run_id = stored.run_id
WHERE stored.faces <> COALESCE(found.faces, 0) LIMIT 1
"""
"""Frames say how many faces they have; each face is a row of its own."""

_FRAMES = """
SELECT stored.video_id, stored.frames, COALESCE(found.frames, 0) FROM
    (SELECT video_id, run_id, SUM(frames) AS frames FROM chunks GROUP BY video_id, run_id) AS stored
    LEFT JOIN (SELECT video_id, run_id, COUNT(*) AS frames FROM frames GROUP BY video_id, run_id) AS found
    ON found.video_id = stored.video_id AND found.run_id = stored.run_id
WHERE stored.frames <> COALESCE(found.frames, 0) LIMIT 1
"""
"""Chunks say how many frames they have; whoever deletes frames by hand takes their faces with them, but not that."""


def check_sound(engine: Engine) -> None:
    """Refuse an SQLite database whose pages do not fit together, or whose frames and faces contradict each other.

    It reads the whole file once: a million faces take about half a second of the processor. Other databases watch over
    themselves.

    Raises:
        StoreError: it is damaged.
    """
    if engine.dialect.name != "sqlite":
        return
    with told_as_damage(engine), engine.connect() as connection:
        # The driver's own cursor: it begins no transaction, which would keep others from writing.
        cursor = connection.connection.cursor()
        try:
            (found,) = cursor.execute("PRAGMA integrity_check(1)").fetchone()
            contradiction = None if found != "ok" else cursor.execute(_COUNTS).fetchone()
            gap = None if found != "ok" else cursor.execute(_FRAMES).fetchone()
            orphan = None if found != "ok" else cursor.execute(ORPHANS).fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                return  # whoever reads or writes next says so, or waits
            raise
        finally:
            cursor.close()
    if found != "ok":
        raise damaged(engine, " ".join(str(found).removeprefix("*** in database main ***").split()))
    if orphan:
        raise StoreError(
            f"{name_of(engine)}: expected rows of the videos that it lists; found rows of video {orphan[0]}, which "
            "is gone or has another content now: somebody changed the database by hand. Run 'fer-video upgrade' on "
            "it, which deletes such rows, and delete videos with 'fer-video forget'."
        )
    if contradiction:
        video, stored, there = contradiction
        raise damaged(engine, f"video {video} should have {count(stored, 'face')} and has {there}")
    if gap:
        video, stored, there = gap
        raise damaged(engine, f"video {video} should have {count(stored, 'frame')} and has {there}")
    with told_as_damage(engine), engine.connect() as connection:
        try:
            _check_values(connection)
        except DBAPIError as error:
            if not is_held(error):
                raise  # of one that is held, whoever writes next waits, or says so


def _check_values(connection: Connection) -> None:
    """Read what the small tables hold; of frames, that each has a time.

    Raises:
        ValueError, TypeError: a value is none of its column.
    """
    for videos in connection.execute(select(VideoRow.__table__)):
        _check_status(videos.status)
        if not all(isinstance(text, str) for text in (videos.path, videos.location, videos.camera, videos.timezone)):
            raise TypeError(f"a name of video {videos.id} is no text")
    for run in connection.execute(select(RunRow.created_at, RunRow.settings)):
        if not isinstance(json.loads(run.settings), dict):
            raise TypeError("settings of a run are none")
    for (status,) in connection.execute(select(AnalysisRow.status).distinct()):
        _check_status(status)
    timed = FrameRow.timestamp_s.between(-_MOST_SECONDS, _MOST_SECONDS)
    untimed = connection.execute(select(FrameRow.video_id).where(not_(timed)).limit(1)).first()
    if untimed:
        raise ValueError(f"a frame of video {untimed.video_id} has no time that can be")


def _check_status(status: str) -> None:
    if status not in {DONE, PARTIAL, FAILED, RUNNING}:
        raise ValueError(f"the state {status!r} is unknown")


@contextmanager
def told_as_damage(engine: Engine) -> Iterator[None]:
    """What cannot be read from a database becomes one line that says so; for reading rows, and nothing else.

    Raises:
        StoreError: the driver refuses, or a value is none of its column: a date that cannot be, bytes that are no text.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"{name_of(engine)}: {explain(error)}") from error
    except sqlite3.Error as error:
        cause = str(error)
        if any(sign in cause for sign in ("malformed", "not a database", "decode", "overflow")):
            raise damaged(engine, cause) from error
        raise StoreError(f"{name_of(engine)}: the database says: {cause}.") from error
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise damaged(engine, f"a value cannot be read: {error}") from error


def damaged(engine: Engine, found: str) -> StoreError:
    """The error that says what was found."""
    return StoreError(f"{name_of(engine)}: {DAMAGED} ({found})")
