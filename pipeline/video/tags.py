"""When a recording began by the recorder's or phone's own tag, which each kind of file keeps elsewhere."""

from __future__ import annotations

import re
import struct
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from .written_times import is_unset, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Tag: TypeAlias = "tuple[datetime, str]"

ANNOTATED = "fer-video annotated copy"
"""What `annotate` writes into its copies, so that nobody counts their faces again."""

TAGS = (
    "com.apple.quicktime.creationdate",
    "com.apple.proapps.shootingdate",
    "date_recorded",
    "datetimeoriginal",
    "date_digitized",
    "datetimedigitized",
    "creationdate",
    "datetime",
    "date",
)
"""Names, in lower case, under which FFmpeg shows the start of a recording; the surest first. `date` is QuickTime's ©day
and avi's ICRD; a year alone, as songs have it, is no start."""

ANDROID = "com.android."
"""How Android's own tags begin, of which makers keep some. Its creation time is when the file was finished: MPEG4Writer
makes its mvhd box when it stops."""

CAPTURED, SLOWED = "com.android.capture.fps", 1.5
"""Frames a second at which Android recorded; what is played so many times more slowly took less time to record."""

HEAD_BYTES = 1 << 20
"""How much of a file is searched for tags that FFmpeg does not show."""


def read_tag(path: Path, container: Any, stream: Any, duration_s: float | None) -> Tag | tuple[None, None]:
    """The start by the recorder's own tag and the tag's name; without a zone where the tag has none.

    Args:
        path: the file.
        container: the same file, open.
        stream: its video.
        duration_s: seconds, for tags that are written at the end.
    """
    metadata = _metadata(container, stream)
    found = (*_own_tags(path, container.format.name), *_listed(metadata), *_of_avi(container, metadata))
    found += tuple(_of_android(metadata, _recorded_s(metadata, stream, duration_s)))
    return next(((time, name) for time, name in found if not is_unset(time)), (None, None))


def is_annotated(container: Any, stream: Any) -> bool:
    """Whether the file is a copy that `annotate` wrote, under whatever name and in whatever container by now."""
    values = (*container.metadata.values(), *stream.metadata.values())
    return any(ANNOTATED in str(value) for value in values)


def _metadata(container: Any, stream: Any) -> dict[str, str]:
    """Of the stream and of the container, which wins; names in lower case, as each container has its own."""
    both = (*stream.metadata.items(), *container.metadata.items())
    return {str(name).lower(): str(value) for name, value in both}


def _listed(metadata: dict[str, str]) -> Iterator[Tag]:
    for name in TAGS:
        time = parse_time(metadata.get(name, ""))
        if time:
            yield time, name


def _of_avi(container: Any, metadata: dict[str, str]) -> Iterator[Tag]:
    """What FFmpeg makes a creation time of is avi's IDIT or a camera's own tag there: local, and without a zone."""
    time = parse_time(metadata.get("creation_time", "")) if container.format.name == "avi" else None
    if time and not time.tzinfo:
        yield time, "creation_time"


def _of_android(metadata: dict[str, str], duration_s: float | None) -> Iterator[Tag]:
    tag = next((name for name in sorted(metadata, reverse=True) if name.startswith(ANDROID)), None)
    ended = parse_time(metadata.get("creation_time", "")) if tag else None
    if ended and ended.tzinfo and not is_unset(ended) and duration_s is not None:
        yield ended - timedelta(seconds=duration_s), f"creation_time of {tag}, less the duration"


def _recorded_s(metadata: dict[str, str], stream: Any, duration_s: float | None) -> float | None:
    """How long recording took, of which slow motion is longer than it took."""
    try:
        captured_fps = float(metadata.get(CAPTURED, "0"))
    except ValueError:
        captured_fps = 0.0
    played_fps = float(stream.average_rate or 0)
    if duration_s is None or not 0 < played_fps * SLOWED < captured_fps:
        return duration_s
    return duration_s * played_fps / captured_fps


def _own_tags(path: Path, kind: str) -> tuple[Tag, ...]:
    """Tags that FFmpeg knows nothing of, or reads in one spelling only."""
    readers = {"avi": _idit, "dhav": _dhav, "mov,mp4,m4a,3gp,3g2,mj2": _xml, "mxf": _xml}
    read = readers.get(kind)
    if read is None:
        return ()
    try:
        with path.open("rb") as file:
            return tuple(read(file))
    except OSError:
        return ()


def _idit(file: Any) -> Iterator[Tag]:
    """IDIT of an avi file's header list, in whatever spelling."""
    head = file.read(HEAD_BYTES)
    end = head.find(b"movi")
    for name in (b"IDIT", b"ICRD"):
        at = head.find(name, 0, end if end >= 0 else None)
        if at < 0 or at + 8 > len(head):
            continue
        (length,) = struct.unpack_from("<I", head, at + 4)
        time = parse_time(head[at + 8 : at + 8 + min(length, 64)].decode("latin-1"))
        if time:
            yield time, name.decode()


def _dhav(file: Any) -> Iterator[Tag]:
    """The date in the first picture's header of Dahua's own format: packed, in the recorder's local time."""
    head = file.read(HEAD_BYTES)
    for found in re.finditer(rb"DHAV[\xfc-\xfe]", head):
        packed = head[found.start() + 16 : found.start() + 20]
        if len(packed) < 4:
            return
        (date,) = struct.unpack("<I", packed)
        try:
            yield (
                datetime(  # noqa: DTZ001 - a wall clock
                    2000 + (date >> 26),
                    date >> 22 & 15,
                    date >> 17 & 31,
                    date >> 12 & 31,
                    date >> 6 & 63,
                    date & 63,
                ),
                "DHAV",
            )
        except ValueError:
            continue
        return


def _xml(file: Any) -> Iterator[Tag]:
    """`CreationDate` of the NonRealTimeMeta that Sony's and Canon's cameras put at the beginning or end."""
    size = file.seek(0, 2)
    for at in {0, max(0, size - HEAD_BYTES)}:
        file.seek(at)
        found = re.search(rb'<CreationDate\s+value="([^"]{10,40})"', file.read(HEAD_BYTES))
        time = parse_time(found[1].decode("latin-1")) if found else None
        if time:
            yield time, "CreationDate"
            return
