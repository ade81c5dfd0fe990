"""The shapes of stored boxes, counted by the database: a night has a hundred thousand faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from ..records import MIN_IS_FACE, MIN_READABLE
from .alike import whole
from .schema import FaceRow, VideoRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

EDGE_PX = 1.0
"""A box that comes so near to the frame's edge is cut by it."""


def count_shapes(connection: Connection, video_id: int, run_id: int) -> dict[tuple[float, bool], int]:
    """How many faces of an analysis have which width over height, to hundredths, and are readable or not.

    Those that the frame's edge cuts and what is no face are left out; what was not judged counts as readable.
    """
    shape = whole(FaceRow.width * 100.0 / FaceRow.height + 0.5).label("shape")
    readable = case((FaceRow.readable < MIN_READABLE, 0), else_=1).label("readable")
    counted = (
        select(shape, readable, func.count())
        .join(VideoRow, VideoRow.id == FaceRow.video_id)
        .where(FaceRow.video_id == video_id, FaceRow.run_id == run_id, FaceRow.height > 0)
        .where(FaceRow.x > EDGE_PX, FaceRow.y > EDGE_PX)
        .where(or_(VideoRow.width.is_(None), FaceRow.x + FaceRow.width < VideoRow.width - EDGE_PX))
        .where(or_(VideoRow.height.is_(None), FaceRow.y + FaceRow.height < VideoRow.height - EDGE_PX))
        .where(or_(FaceRow.is_face.is_(None), FaceRow.is_face >= MIN_IS_FACE))
        .group_by(shape, readable)
    )
    return {(float(value) / 100, bool(clear)): int(count) for value, clear, count in connection.execute(counted)}
