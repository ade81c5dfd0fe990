"""The tables of tracklets and visits: what follows from the boxes of an analysis, written when it ends.

Numbers mean nothing beyond their analysis: nobody is known again on another day or by another camera.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Float, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, _analysis_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

LINKER_COMMENT = "how tracklets and visits were found: version and gap, or why there are none, JSON; NULL if not yet"
TRACKLET_COMMENT = "the tracklet that it is of; NULL where none was looked for, and for a second box of one face"


class TrackletRow(Base):
    """One row for each tracklet: sightings that follow each other closely and are one person's."""

    __tablename__ = "tracklets"
    __table_args__ = (_analysis_key(), {"sqlite_with_rowid": False})
    video_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the video")
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the run")
    tracklet: Mapped[int] = mapped_column(Integer, primary_key=True, comment="number within the analysis, from 1")
    visit: Mapped[int | None] = mapped_column(
        Integer, comment="the visit that it is of; NULL for what keeps still, and for one unsure sighting alone"
    )
    first_s: Mapped[float] = mapped_column(Float, comment="its first sighting, seconds from the video's first frame")
    last_s: Mapped[float] = mapped_column(Float, comment="its last sighting, seconds")
    faces: Mapped[int] = mapped_column(Integer, comment="its sightings")
    x: Mapped[float] = mapped_column(Float, comment="centre of its box, the middle of all, pixels from the left")
    y: Mapped[float] = mapped_column(Float, comment="centre of its box, the middle of all, pixels from the top")
    side: Mapped[float] = mapped_column(Float, comment="longer side of its box, the middle of all, pixels")
    moved_sides: Mapped[float] = mapped_column(
        Float, comment="how far from that centre 95 of 100 sightings stay, in sides of the box"
    )
    cut_start: Mapped[bool] = mapped_column(Boolean, comment="there already when the recording began, or after a gap")
    cut_end: Mapped[bool] = mapped_column(Boolean, comment="still there when the recording ended, or before a gap")
    still: Mapped[bool] = mapped_column(Boolean, comment="keeps so still that it is a poster, a mirror or a screen")
    first_x: Mapped[float] = mapped_column(Float, comment="centre of its first box, pixels from the left")
    first_y: Mapped[float] = mapped_column(Float, comment="centre of its first box, pixels from the top")
    first_side: Mapped[float] = mapped_column(Float, comment="longer side of its first box, pixels")
    first_dx: Mapped[float] = mapped_column(Float, comment="movement to the right at its start, sides a second")
    first_dy: Mapped[float] = mapped_column(Float, comment="movement down at its start, sides a second")
    first_growth: Mapped[float] = mapped_column(Float, comment="logarithm of its growth in a second, at its start")
    last_x: Mapped[float] = mapped_column(Float, comment="centre of its last box, pixels from the left")
    last_y: Mapped[float] = mapped_column(Float, comment="centre of its last box, pixels from the top")
    last_side: Mapped[float] = mapped_column(Float, comment="longer side of its last box, pixels")
    last_dx: Mapped[float] = mapped_column(Float, comment="movement to the right at its end, sides a second")
    last_dy: Mapped[float] = mapped_column(Float, comment="movement down at its end, sides a second")
    last_growth: Mapped[float] = mapped_column(Float, comment="logarithm of its growth in a second, at its end")


class VisitRow(Base):
    """One row for each visit on which a face was seen, by the default thresholds; others are counted from faces."""

    __tablename__ = "visits"
    __table_args__ = (_analysis_key(), {"sqlite_with_rowid": False})
    video_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the video")
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="the run")
    visit: Mapped[int] = mapped_column(Integer, primary_key=True, comment="number within the analysis, from 1")
    first_s: Mapped[float] = mapped_column(Float, comment="its first sighting, seconds from the video's first frame")
    last_s: Mapped[float] = mapped_column(Float, comment="its last sighting, seconds")
    in_view_s: Mapped[float] = mapped_column(Float, comment="time in view: from first to last, and one step; seconds")
    faces: Mapped[int] = mapped_column(Integer, comment="its sightings that are faces")
    readable: Mapped[int] = mapped_column(Integer, comment="those of them that can be read")
    p_angry: Mapped[float | None] = mapped_column(Float, comment="mean probability of angry over readable sightings")
    p_disgust: Mapped[float | None] = mapped_column(Float, comment="mean probability of disgust over them")
    p_fear: Mapped[float | None] = mapped_column(Float, comment="mean probability of fear over them")
    p_happy: Mapped[float | None] = mapped_column(Float, comment="mean probability of happy over them")
    p_sad: Mapped[float | None] = mapped_column(Float, comment="mean probability of sad over them")
    p_surprise: Mapped[float | None] = mapped_column(Float, comment="mean probability of surprise over them")
    p_neutral: Mapped[float | None] = mapped_column(
        Float, comment="mean probability of neutral over them; all seven are NULL without a readable sighting"
    )
    cut: Mapped[str | None] = mapped_column(
        String(5), comment="start, end or both: where the recording cuts it off, so that it was longer; NULL if nowhere"
    )


def create_tracks(connection: Connection) -> None:
    """Make both tables in a database that has the others."""
    Base.metadata.create_all(connection, tables=[TrackletRow.__table__, VisitRow.__table__])  # type: ignore[list-item]
