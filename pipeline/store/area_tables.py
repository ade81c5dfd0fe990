"""The tables of areas: what was said last of the picture of each video's camera. Reports count by them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Float, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base

if TYPE_CHECKING:
    from sqlalchemy import Connection


class ToldAreasRow(Base):
    """One row for each video of whose picture somebody said something."""

    __tablename__ = "told_areas"
    video_id: Mapped[int] = mapped_column(
        ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True, comment="the video"
    )
    staff: Mapped[str] = mapped_column(String(10), comment="staff in the picture: none, blanked or unknown")
    source: Mapped[str] = mapped_column(Text, comment="the cameras.toml that said it last")
    told_at: Mapped[datetime] = mapped_column(DateTime, comment="when something else than before was said, UTC")


class AreaRow(Base):
    """One row for each area of a video's picture: blanked before detection, or a zone that is counted afterwards."""

    __tablename__ = "areas"
    video_id: Mapped[int] = mapped_column(
        ForeignKey("told_areas.video_id", ondelete="CASCADE"), primary_key=True, comment="the video"
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, comment="position within the video, from 0")
    name: Mapped[str | None] = mapped_column(Text, comment="of a zone, NFC-normalised; NULL where it is blanked")
    kind: Mapped[str | None] = mapped_column(String(20), comment="of a zone: queue, counter, ...; NULL where blanked")
    min_s: Mapped[float | None] = mapped_column(
        Float, comment="of a zone: seconds inside that count; NULL where blanked"
    )
    why: Mapped[str | None] = mapped_column(
        String(20), comment="blanked for: staff, private or screen; NULL for a zone"
    )
    polygon: Mapped[str] = mapped_column(Text, comment="corners as shares of the upright picture, JSON [[x, y], ...]")


def create_areas(connection: Connection) -> None:
    """Make both tables in a database that has the others."""
    Base.metadata.create_all(connection, tables=[ToldAreasRow.__table__, AreaRow.__table__])  # type: ignore[list-item]
