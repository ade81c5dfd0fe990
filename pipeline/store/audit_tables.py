"""The tables of audits: what people said of stored faces. Neither holds a picture or a person's name."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, DateTime, Float, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base

if TYPE_CHECKING:
    from sqlalchemy import Connection


class AuditRow(Base):
    """One row for each sample of faces that people were asked about."""

    __tablename__ = "audits"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="number within this database")
    sample: Mapped[str] = mapped_column(String(64), unique=True, comment="hash by which its answers are known")
    drawn_at: Mapped[datetime | None] = mapped_column(
        DateTime, comment="when its faces were drawn here, UTC; NULL for those that came as a file"
    )
    read_at: Mapped[datetime | None] = mapped_column(DateTime, comment="when answers were read last, UTC")
    page: Mapped[str | None] = mapped_column(
        Text, comment="where the page with the pictures is; NULL once it was erased"
    )
    raters: Mapped[int] = mapped_column(Integer, comment="people who answered; their names are not kept")


class AuditFaceRow(Base):
    """One row for each face that somebody answered."""

    __tablename__ = "audit_faces"
    audit_id: Mapped[int] = mapped_column(
        ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True, comment="the audit"
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, comment="position within the audit, from 0")
    video_id: Mapped[int] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"), index=True, comment="the video")
    frame_index: Mapped[int] = mapped_column(Integer, comment="the frame: position in the stream, from 0")
    x: Mapped[float] = mapped_column(Float, comment="left edge of the box that was shown, pixels of the original frame")
    y: Mapped[float] = mapped_column(Float, comment="top edge of the box, pixels")
    width: Mapped[float] = mapped_column(Float, comment="width of the box, pixels")
    height: Mapped[float] = mapped_column(Float, comment="height of the box, pixels")
    votes: Mapped[str] = mapped_column(
        Text, comment="what each person said, JSON: an expression, unclear or noface; the order tells nobody apart"
    )
    weight: Mapped[float] = mapped_column(Float, comment="how many stored faces it stands for")
    random: Mapped[bool] = mapped_column(Boolean, comment="drawn at random, so that shares follow from it")


def create_audits(connection: Connection) -> None:
    """Make both tables in a database that has the others."""
    Base.metadata.create_all(connection, tables=[AuditRow.__table__, AuditFaceRow.__table__])  # type: ignore[list-item]
