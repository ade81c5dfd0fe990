"""How long each kept video may stay, by the `cameras.toml` that speaks of it today."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..places.locate import PlaceOptions, camera_file
from .choosing import age_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from ..store.kept import KeptVideo


@dataclass(frozen=True, slots=True)
class Term:
    """How long a video may stay.

    Attributes:
        video: the video.
        length: None where no file says it.
        until: when that ends, UTC; None where no file says it, or nothing says how old the video is.
    """

    video: KeptVideo
    length: timedelta | None
    until: datetime | None


def find_terms(kept: Iterable[KeptVideo], cameras: Path | None = None, folder: Path | None = None) -> list[Term]:
    """How long each may stay. What was said when it was analysed does not count: the file of today does.

    Args:
        kept: the videos.
        cameras: a `cameras.toml` to use in place of those beside the videos.
        folder: where relative paths lead from, if from nowhere else.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    options = PlaceOptions(cameras=cameras)
    return [_term(video, _length(_there(Path(video.path), folder), options)) for video in kept]


def _there(path: Path, folder: Path | None) -> Path:
    """As audits look for a video: from here, else from the database's folder."""
    # os.path answers no where Path raises: for names that are too long or out of reach.
    is_here = path.is_absolute() or os.path.isdir(path.parent)  # noqa: PTH112
    return path if is_here or folder is None else folder / path


def _length(path: Path, options: PlaceOptions) -> timedelta | None:
    file = camera_file(path, options)
    if file is None:
        return None
    camera = file.find(path)
    return (camera.retention if camera else None) or file.retention


def _term(video: KeptVideo, length: timedelta | None) -> Term:
    moments = [moment for moment in (video.started_at, video.analysed_at) if moment]
    until = min(moments) + length if moments and length else None
    return Term(video, length, until)


def expired(terms: Sequence[Term], now: datetime | None = None) -> list[KeptVideo]:
    """Those whose time is over."""
    ages = [(term, age_of(term.video, now)) for term in terms]
    return [term.video for term, age in ages if term.length and age is not None and age > term.length]
