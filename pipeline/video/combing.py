"""Interlaced frames: two moments, woven line by line. Where something moved, its edges are combs.

What the file says of it is not believed alone: recorders flag progressive pictures as interlaced, and store combed ones
as progressive. So a frame's lines are measured. The same frame gives the same answer wherever reading began: nothing
but the frame itself is looked at.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import av
import cv2
import numpy as np

from .pixels import to_rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..records import Floats, Image

    Blocks: TypeAlias = NDArray[np.bool_]

BLOCK_PX, BLOCKS_HIGH = 16, 33
"""Smallest side of a block that is judged, and about how many of them are on top of each other in larger frames."""

COLUMNS = 4
"""Of a block's columns so many are looked at: combs run along lines, and large frames must not cost more."""

COMBED_RATIO, COMBED_LEVEL, DOUBTFUL_LEVEL = 1.4, 4.0, 8.0
"""A block is combed if lines next to each other, which are of two moments, differ by so much more than every second
line, and by so many grey levels; by more levels in frames that are said to be progressive. Measured on 21 sound
clips: noise gives a ratio of 1, pictures 0.5 to 0.8."""

COMBED_SHARE, DOUBTFUL_SHARE = 0.0015, 0.005
"""Share of combed blocks that makes a frame interlaced: of one that is flagged so, and of one that is not. Sound clips
have up to 0.0034 by blinds and letters, walking people 0.03 to 0.1."""

TOUCHED_RATIO, TOUCHED_LEVEL, MARGIN_BLOCKS = 1.2, 4.0, 4
"""What is taken apart in an interlaced frame: blocks that may be combed, and so many blocks around them. The rest
stands still and keeps all its lines."""

FILTER = "mode=frame:parity=tff:deint=all:interp=6p"
"""FFmpeg's estdif: every second line is kept, those between are drawn along the edges. It needs no other frame. Of 25
faces of a walking man, 23 are found so, 20 in a field that is enlarged, 8 in the combs."""


def find_combs(frame: Any) -> Blocks | None:
    """Which blocks of a decoded frame may be combed, bool (rows, columns); None if the frame is progressive."""
    flagged = bool(frame.interlaced_frame)
    if frame.format.has_palette or not (flagged or frame.format.components[0].is_luma):
        return None  # screens and animations, whose colours are dithered line by line; no camera's pictures
    side = max(BLOCK_PX, frame.height // BLOCKS_HIGH // BLOCK_PX * BLOCK_PX)
    if min(frame.height, frame.width) < 2 * side:
        return None
    between, within = _line_differences(
        _thin_luma(frame, side // COLUMNS), (frame.width // side, (frame.height - 2) // side), side
    )
    level, share = (COMBED_LEVEL, COMBED_SHARE) if flagged else (DOUBTFUL_LEVEL, DOUBTFUL_SHARE)
    combed = (between > level) & (between > COMBED_RATIO * within)
    if combed.mean() < share:
        return None
    return (between > TOUCHED_LEVEL) & (between > TOUCHED_RATIO * within)


def take_apart(frame: Any, blocks: Blocks, options: dict[str, Any]) -> Image:
    """A combed frame as one moment.

    The planes are taken apart before they become RGB: with 4:2:0, lines of colour also belong to one field each, and
    would be mixed by the conversion.

    Args:
        frame: decoded.
        blocks: from `find_combs`.
        options: of its conversion, for `to_rgb`.

    Returns:
        uint8 (H, W, 3), RGB, of the size that the options ask for.
    """
    picture, single = to_rgb(frame, **options), to_rgb(_deinterlace(frame), **options)
    if not picture.flags.writeable or frame.format.is_rgb:
        # It may be the decoded frame itself, which others look at.
        picture = picture.copy()
    grown = cv2.dilate(blocks.astype(np.uint8), np.ones((2 * MARGIN_BLOCKS + 1,) * 2, np.uint8))
    size = (picture.shape[1], picture.shape[0])
    cv2.copyTo(single, cv2.resize(grown, size, interpolation=cv2.INTER_NEAREST), picture)
    return picture


def _deinterlace(frame: Any) -> Any:
    graph = av.filter.Graph()
    source = graph.add_buffer(template=frame, time_base=frame.time_base or Fraction(1, 25))
    graph.link_nodes(source, graph.add("estdif", FILTER), graph.add("buffersink")).configure()
    graph.push(frame)
    graph.push(None)
    return graph.pull()


def _thin_luma(frame: Any, step: int) -> Image:
    """Brightness of every `step`-th column, uint8 (H, W / step)."""
    first = frame.format.components[0]
    if first.is_luma and not frame.format.is_rgb and _is_planar(frame):
        plane = frame.planes[0]
        kind = np.uint8 if first.bits == 8 else np.dtype("<u2")
        lines = np.frombuffer(plane, kind).reshape(plane.height, -1)
        return np.ascontiguousarray(lines[: frame.height, : frame.width : step] >> (first.bits - 8), np.uint8)
    return np.ascontiguousarray(frame.to_ndarray(format="gray")[:, ::step])


def _is_planar(frame: Any) -> bool:
    """Whether the first plane is brightness alone, a byte or a little-endian word a pixel."""
    name = frame.format.name
    return name.startswith(("gray", "nv", "yuv4", "yuvj")) and not name.endswith("be")


def _line_differences(luma: Image, size: tuple[int, int], side: int) -> tuple[Floats, Floats]:
    """How much lines differ from the next one and from the one after that: two means a block, in grey levels.

    Args:
        luma: of it, whole blocks are looked at, `COLUMNS` by `side`: averages over whole pixels are the fast ones.
        size: how many blocks, across and down.
        side: of a block.
    """
    columns, rows = size[0] * COLUMNS, size[1] * side
    between, within = (
        cv2.resize(
            cv2.absdiff(luma[:rows, :columns], luma[step : rows + step, :columns]).astype(np.float32),
            size,
            interpolation=cv2.INTER_AREA,
        )
        for step in (1, 2)
    )
    return np.asarray(between, np.float32), np.asarray(within, np.float32)
