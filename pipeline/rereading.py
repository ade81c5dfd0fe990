"""Which rows are not right any more, though they are complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .store.standing import MUST_READ_ANEW
from .video.kinds import is_unusual
from .video.reader import READER_VERSION

if TYPE_CHECKING:
    from .records import VideoInfo
    from .store.standing import Progress


def why_anew(before: Progress, info: VideoInfo | None, blank: str | None) -> str | None:
    """Why a video is to be read anew; None where its rows are right, or where there are none.

    An update alone does not read an archive again: only files of kinds that older versions read wrongly.

    Args:
        before: how its analysis stands.
        info: what its container says now.
        blank: hash of what is blanked now.
    """
    if not before.chunks:
        return None
    if before.reader == MUST_READ_ANEW:
        return "something else was said of how to read it before"
    if before.blank_sha256 != blank:
        return "other areas of its picture were blanked before"
    if (before.reader or 1) < READER_VERSION and info and is_unusual(info):
        return "an older fer-video read such files differently"
    return None
