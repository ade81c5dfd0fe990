"""The tables, with a comment on every column. The schema is part of the product: people query it.

    videos ──< analyses >── runs          one analysis: one video under one run's settings and model
                  ├──< chunks             what of it is done; one transaction each
                  ├──< frames ──< faces   one row a sampled frame, one row a face
                  └──< visits, tracklets  who is who among the faces; see `track_tables`

Natural keys keep the same work from being stored twice. No picture, crop, landmark or embedding has a column.
What follows from stored numbers, as a face's label, is no column either: the view `readings` says it.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    case,
    event,
    false,
    literal,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateColumn

from ..labels import THRESHOLDS, Thresholds
from ..records import EXPRESSIONS, NO_FACE, UNCLEAR, UNDECIDED

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

SCHEMA_VERSION = 7

DONE, PARTIAL, FAILED, RUNNING = "done", "partial", "failed", "running"
"""How an analysis stands. `partial`: readable, but damaged or cut short; `failed`: nothing could be read."""


@compiles(CreateColumn, "sqlite")
def _create_column(element: CreateColumn, compiler: Any, **options: Any) -> str:
    """SQLite keeps no comments of its own, but keeps the text of CREATE TABLE: `.schema` shows them there."""
    text = str(compiler.visit_create_column(element, **options))
    return f"{text} /* {element.element.comment} */"


WIDE = BigInteger().with_variant(Integer, "sqlite")
"""64 bits, which a file of 2 GiB needs. SQLite's whole numbers have them anyway."""


class Base(DeclarativeBase):
    """All tables of the current schema."""


class SchemaRow(Base):
    """One row: which schema the database has."""

    __tablename__ = "schema_version"
    version: Mapped[int] = mapped_column(Integer, primary_key=True, comment="number of the schema; see migrations")


class VideoRow(Base):
    """One row for each different content; a copy under another name is the same video."""

    __tablename__ = "videos"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="number within this database")
    sha256: Mapped[str] = mapped_column(
        String(64), unique=True, comment="hash of the file's content; of its further cameras, with their number"
    )
    path: Mapped[str] = mapped_column(Text, comment="where the file was seen last")
    location: Mapped[str] = mapped_column(Text, comment="shop or office, NFC-normalised")
    camera: Mapped[str] = mapped_column(Text, comment="camera within the location, NFC-normalised")
    started_at: Mapped[datetime | None] = mapped_column(DateTime, comment="time of the first frame, UTC")
    start_source: Mapped[str | None] = mapped_column(
        String(20), comment="where started_at came from: option, cameras.toml, file name, recorder's tag or container"
    )
    timezone: Mapped[str] = mapped_column(String(64), comment="IANA zone of the location")
    timezone_source: Mapped[str] = mapped_column(
        String(20), comment="where timezone came from: option, cameras.toml, machine or unknown"
    )
    codec: Mapped[str | None] = mapped_column(String(40), comment="FFmpeg's name of the video codec")
    size_bytes: Mapped[int] = mapped_column(WIDE, comment="size of the file")
    width: Mapped[int | None] = mapped_column(Integer, comment="pixels, as shown: square, after rotation")
    height: Mapped[int | None] = mapped_column(Integer, comment="pixels, as shown: square, after rotation")
    fps: Mapped[float | None] = mapped_column(Float, comment="average frames a second; 0 for a still image")
    duration_s: Mapped[float | None] = mapped_column(Float, comment="seconds, as the container says")
    status: Mapped[str] = mapped_column(String(10), comment="how its latest analysis stands: see analyses.status")
    reason: Mapped[str | None] = mapped_column(Text, comment="why its latest analysis is partial or failed")
    coded_width: Mapped[int | None] = mapped_column(Integer, comment="pixels, as the file stores them; NULL if unknown")
    coded_height: Mapped[int | None] = mapped_column(
        Integer, comment="pixels, as the file stores them; NULL if unknown"
    )
    stream: Mapped[int] = mapped_column(
        Integer, server_default="1", default=1, comment="which of the cameras in the file, from 1"
    )
    start_is_guess: Mapped[bool] = mapped_column(
        Boolean, server_default=false(), default=False, comment="started_at has a source that is wrong at times"
    )
    hints: Mapped[str | None] = mapped_column(
        Text, comment="what was said of how to read the file, JSON: aspect, rate; NULL if nothing"
    )
    notes: Mapped[str | None] = mapped_column(
        Text, comment="what is doubtful about the file or its start, a sentence a line; NULL if nothing"
    )
    location_source: Mapped[str] = mapped_column(
        String(20), server_default="unknown", default="unknown",
        comment="where location came from: option, cameras.toml, file name, folder or unknown",
    )  # fmt: skip
    camera_source: Mapped[str] = mapped_column(
        String(20), server_default="unknown", default="unknown",
        comment="where camera came from: option, cameras.toml, file name or unknown",
    )  # fmt: skip


class RunRow(Base):
    """One row for each combination of model and settings that gives rows of its own."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="number within this database")
    fingerprint: Mapped[str] = mapped_column(
        String(64), unique=True, comment="hash of all that rows depend on: weights, settings, meaning of the rows"
    )
    created_at: Mapped[datetime] = mapped_column(DateTime, comment="when first used, UTC")
    code_version: Mapped[str] = mapped_column(String(20), comment="fer-video's version")
    model: Mapped[str] = mapped_column(Text, comment="name of the expression model")
    model_card: Mapped[str] = mapped_column(Text, comment="the model's card, JSON")
    sampling: Mapped[str] = mapped_column(Text, comment="which frames, in words")
    settings: Mapped[str] = mapped_column(Text, comment="detector and sampling settings, JSON")
    device: Mapped[str] = mapped_column(
        Text, comment="what it ran on, for example gpu:0, or cpu with its instructions; several if resumed elsewhere"
    )


def _content_of_video(context: Any) -> str | None:
    """The hash of the video that a new analysis is of."""
    video = context.get_current_parameters()["video_id"]
    found: str | None = context.connection.scalar(select(VideoRow.sha256).where(VideoRow.id == video))
    return found


class AnalysisRow(Base):
    """One row for each video under each run."""

    __tablename__ = "analyses"
    video_id: Mapped[int] = mapped_column(
        ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True, comment="the video"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True, comment="the run")
    status: Mapped[str] = mapped_column(String(10), comment="running, done, partial or failed")
    reason: Mapped[str | None] = mapped_column(Text, comment="why it is partial or failed")
    finished_at: Mapped[datetime | None] = mapped_column(DateTime, comment="when it ended, UTC")
    notes: Mapped[str | None] = mapped_column(
        Text, comment="what was noticed while reading, though nothing is damaged, a sentence a line; NULL if nothing"
    )
    reader: Mapped[int | None] = mapped_column(
        Integer, comment="version of the reading of files, see video.reader.READER_VERSION; NULL before 0.4"
    )
    token: Mapped[str | None] = mapped_column(String(32), comment="whoever writes must know it; renewed by each owner")
    owner: Mapped[str | None] = mapped_column(Text, comment="who works on it: host and process; NULL if nobody")
    beat_at: Mapped[datetime | None] = mapped_column(DateTime, comment="when its owner was last heard of, UTC")
    attempts: Mapped[int] = mapped_column(
        Integer, server_default="0", default=0, comment="how often work on it ended with the death of the process"
    )
    linker: Mapped[str | None] = mapped_column(
        Text,
        comment="how tracklets and visits were found: version and gap, or why there are none, JSON; NULL if not yet",
    )
    blank_sha256: Mapped[str | None] = mapped_column(
        String(64), comment="hash of the areas that were black before detection; NULL if none was"
    )
    sha256: Mapped[str | None] = mapped_column(
        String(64), default=_content_of_video, comment="hash of the content that was analysed: that of its video"
    )


def _analysis_key() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["video_id", "run_id"], ["analyses.video_id", "analyses.run_id"], ondelete="CASCADE")


class ChunkRow(Base):
    """One row for each stretch of sampled frames that is completely stored."""

    __tablename__ = "chunks"
    __table_args__ = (_analysis_key(),)
    video_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the video")
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the run")
    number: Mapped[int] = mapped_column(Integer, primary_key=True, comment="position within the video, from 0")
    frames: Mapped[int] = mapped_column(Integer, comment="sampled frames in it")
    done_at: Mapped[datetime] = mapped_column(DateTime, comment="when it was stored, UTC")


class FrameRow(Base):
    """One row for each sampled frame, faces or not."""

    __tablename__ = "frames"
    __table_args__ = (_analysis_key(), {"sqlite_with_rowid": False})
    video_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the video")
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the run")
    frame_index: Mapped[int] = mapped_column(Integer, primary_key=True, comment="position in the stream, from 0")
    timestamp_s: Mapped[float] = mapped_column(Float, comment="container timestamp, seconds from the first frame")
    faces: Mapped[int] = mapped_column(Integer, comment="faces found")
    problem: Mapped[str | None] = mapped_column(Text, comment="why it could not be decoded, or what was damaged")


class FaceRow(Base):
    """One row for each face in a sampled frame."""

    __tablename__ = "faces"
    __table_args__ = (
        ForeignKeyConstraint(
            ["video_id", "run_id", "frame_index"],
            ["frames.video_id", "frames.run_id", "frames.frame_index"],
            ondelete="CASCADE",
        ),
        {"sqlite_with_rowid": False},
    )
    video_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the video")
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the run")
    frame_index: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the frame")
    face_index: Mapped[int] = mapped_column(Integer, primary_key=True, comment="position within the frame, from 0")
    x: Mapped[float] = mapped_column(Float, comment="left edge of the bounding box, pixels of the original frame")
    y: Mapped[float] = mapped_column(Float, comment="top edge of the bounding box, pixels")
    width: Mapped[float] = mapped_column(Float, comment="width of the bounding box, pixels")
    height: Mapped[float] = mapped_column(Float, comment="height of the bounding box, pixels")
    detector_confidence: Mapped[float] = mapped_column(Float, comment="MTCNN's probability of a face, 0 to 1")
    size_px: Mapped[float] = mapped_column(Float, comment="shorter side of the bounding box, pixels")
    sharpness: Mapped[float] = mapped_column(
        Float, comment="variance of the Laplacian of the 48-pixel crop; low is blurred"
    )
    p_angry: Mapped[float] = mapped_column(Float, comment="probability of angry, 0 to 1")
    p_disgust: Mapped[float] = mapped_column(Float, comment="probability of disgust, 0 to 1")
    p_fear: Mapped[float] = mapped_column(Float, comment="probability of fear, 0 to 1")
    p_happy: Mapped[float] = mapped_column(Float, comment="probability of happy, 0 to 1")
    p_sad: Mapped[float] = mapped_column(Float, comment="probability of sad, 0 to 1")
    p_surprise: Mapped[float] = mapped_column(Float, comment="probability of surprise, 0 to 1")
    p_neutral: Mapped[float] = mapped_column(Float, comment="probability of neutral, 0 to 1")
    confidence: Mapped[float] = mapped_column(Float, comment="probability of the most probable expression")
    readable: Mapped[float | None] = mapped_column(
        Float, comment="probability that people could read an expression from it; NULL where that was not judged"
    )
    is_face: Mapped[float | None] = mapped_column(
        Float, comment="probability that it is a face at all; NULL where that was not judged"
    )
    turn: Mapped[float | None] = mapped_column(
        Float, comment="nose beside the line from eyes to mouth, in sides of the box; 0 is frontal; NULL on older rows"
    )
    tilt: Mapped[float | None] = mapped_column(
        Float, comment="angle of the eyes against the horizontal, degrees; NULL on older rows"
    )
    nod: Mapped[float | None] = mapped_column(
        Float, comment="nose between eyes (0) and mouth (1), larger for a bent head; NULL on older rows"
    )
    tracklet: Mapped[int | None] = mapped_column(
        Integer, comment="the tracklet that it is of; NULL where none was looked for, and for a second box of one face"
    )


Index("analyses_by_run", AnalysisRow.run_id, AnalysisRow.status)

VIEW_COMMENT = "each face with its most probable expression, however uncertain"
EXPRESSION_COMMENT = "most probable expression, the first of equal ones; compare confidence with your own threshold"

_CASES = "\n".join(f"        WHEN p_{name} THEN '{name}'" for name in EXPRESSIONS)
_VIEW = f"""CREATE VIEW readings AS /* {VIEW_COMMENT} */
SELECT faces.*,
    CASE confidence
{_CASES}
    END AS expression /* {EXPRESSION_COMMENT} */
FROM faces"""  # noqa: S608 - made of our own names


@event.listens_for(FaceRow.__table__, "after_create")
def create_view(_table: object, connection: Connection, **_options: object) -> None:
    """Make the view `readings`, for people who query by hand."""
    connection.exec_driver_sql(_VIEW)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"COMMENT ON VIEW readings IS '{VIEW_COMMENT}'")
        connection.exec_driver_sql(f"COMMENT ON COLUMN readings.expression IS '{EXPRESSION_COMMENT}'")


def label_column(thresholds: Thresholds = THRESHOLDS) -> ColumnElement[str]:
    """What a face of `faces` counts as, one of `FACE_LABELS`, in SQL; `labels.label_faces` says the same of arrays.

    `confidence` is the largest of the seven probabilities, digit for digit, so the first that equals it is meant. NULL
    is below no threshold: what was not judged is a face and readable.
    """
    best = [(getattr(FaceRow, f"p_{name}") == FaceRow.confidence, literal(name)) for name in EXPRESSIONS]
    return case(
        (FaceRow.is_face < thresholds.min_is_face, literal(NO_FACE)),
        (FaceRow.readable < thresholds.min_readable, literal(UNCLEAR)),
        (FaceRow.confidence < thresholds.min_confidence, literal(UNDECIDED)),
        *best,
        else_=literal(UNDECIDED),
    )
