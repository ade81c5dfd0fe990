"""The shapes of stored boxes, counted by the database: a night has a hundred thousand faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from ..records import MIN_IS_FACE
from .alike import whole
from .schema import FaceRow, VideoRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

EDGE_PX = 1.0
"""A box that comes so near to the frame's edge is cut by it."""


def count_shapes(connection: Connection, video_id: int, run_id: int) -> dict[float, int]:
    """How many faces of an analysis have which width over height, to hundredths; cut ones and no faces are left out."""
    shape = whole(FaceRow.width * 100.0 / FaceRow.height + 0.5).label("shape")
    counted = (
        select(shape, func.count())
        .join(VideoRow, VideoRow.id == FaceRow.video_id)
        .where(FaceRow.video_id == video_id, FaceRow.run_id == run_id, FaceRow.height > 0)
        .where(FaceRow.x > EDGE_PX, FaceRow.y > EDGE_PX)
        .where(or_(VideoRow.width.is_(None), FaceRow.x + FaceRow.width < VideoRow.width - EDGE_PX))
        .where(or_(VideoRow.height.is_(None), FaceRow.y + FaceRow.height < VideoRow.height - EDGE_PX))
        .where(or_(FaceRow.is_face.is_(None), FaceRow.is_face >= MIN_IS_FACE))
        .group_by(shape)
    )
    return {float(value) / 100: int(count) for value, count in connection.execute(counted)}
