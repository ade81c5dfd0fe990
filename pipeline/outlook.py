"""How an input stands before a run: what of it is stored, found without reading more of files than is needed."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from .plurals import count
from .rereading import why_anew
from .store.schema import DONE, FAILED, PARTIAL
from .turns import MAX_DEATHS
from .video.identity import identify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .records import VideoInfo
    from .store.stock import Elsewhere, OtherRun, Stock, StockVideo


class Standing(StrEnum):
    """How an input stands, in the words of the plan."""

    NEW = "new"
    HALF = "half done"
    CHANGED = "changed in place"
    FAILED = "failed before"
    ANEW = "to be read anew"
    ELSEWHERE = "done with other settings"
    BUSY = "being analysed"
    DONE = "done already"
    DUPLICATE = "a duplicate"
    FORGOTTEN = "forgotten"


LEFT_ALONE = frozenset({Standing.BUSY, Standing.DONE, Standing.DUPLICATE, Standing.FORGOTTEN})
"""What a run would not read."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """How one input stands.

    Attributes:
        standing: in one word.
        why: more of it, as the reason of a failure or the other input of a duplicate.
        stored: the video that is stored, if it is known.
        is_expired: its retention is over, so that 'forget --expired' would delete it.
    """

    standing: Standing = Standing.NEW
    why: str | None = None
    stored: StockVideo | None = None
    is_expired: bool = False


@dataclass
class Lookout:
    """Looks inputs up in a database, each once and in their order, as a duplicate is one of an earlier input.

    Attributes:
        stock: what the database holds.
        inputs: all files of the plan, whose sizes tell which may be the same.
        force: what is done is analysed anew.
        again: what was forgotten is analysed, too.
        expired: numbers of the videos whose retention is over.
    """

    stock: Stock
    inputs: Iterable[Path] = ()
    force: bool = False
    again: bool = False
    expired: frozenset[int] = frozenset()
    _seen: dict[str, Path] = field(default_factory=dict)
    _hashed: dict[tuple[Path, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sizes = Counter(filter(None, map(_size_of, self.inputs)))
        self._by_path: dict[tuple[str, int], list[StockVideo]] = {}
        for video in self.stock.videos:
            self._by_path.setdefault((_whole(video.path), video.stream), []).append(video)
        self._by_content = {video.sha256: video for video in self.stock.videos}
        self._stored_sizes = {video.size_bytes for video in self.stock.videos}

    def find(self, path: Path, stream: int) -> tuple[StockVideo | None, str | None]:
        """The stored video that a file is, and the hash of its content where it had to be read for that."""
        there = self._by_path.get((_whole(path), stream), [])
        same = [video for video in there if _is_untouched(path, video)]
        if same:
            return same[0], same[0].sha256
        size = _size_of(path)
        if not size or not (size in self._stored_sizes or self._sizes[size] > 1 or self.stock.forgotten):
            return None, None
        if (path, stream) not in self._hashed:
            self._hashed[path, stream] = identify(path, stream).sha256
        content = self._hashed[path, stream]
        return self._by_content.get(content), content

    def look(self, path: Path, stream: int, info: VideoInfo | None, blank: str | None) -> Outlook:
        """How a file stands.

        Args:
            path: the file.
            stream: which of its cameras, from 1.
            info: what its container says; None if it cannot be read.
            blank: hash of what is said now to be blanked, or was said last.
        """
        stored, content = self.find(path, stream)
        if content:
            twin = self._seen.setdefault(content, path)
            if twin != path:
                return Outlook(Standing.DUPLICATE, f"the same content as {twin}", stored)
            at = self.stock.forgotten.get(content)
            if at and not self.again:
                return Outlook(Standing.FORGOTTEN, f"on {at:%Y-%m-%d}; `again` takes it back")
        if stored is None:
            changed = self._by_path.get((_whole(path), stream))
            why = "another content was stored under its name" if changed else None
            return Outlook(Standing.CHANGED if changed else Standing.NEW, why)
        standing, why = self._judge(stored, info, blank)
        return Outlook(standing, why, stored, stored.id in self.expired)

    def _judge(self, stored: StockVideo, info: VideoInfo | None, blank: str | None) -> tuple[Standing, str | None]:
        """The first that holds, as `jobs.settle` would find it."""
        progress, anew = stored.progress, why_anew(stored.progress, info, blank)
        is_given_up = progress.status == FAILED and progress.deaths >= MAX_DEATHS
        is_done = progress.is_final and (progress.status in {DONE, PARTIAL} or is_given_up)
        judged = (
            (self.force, Standing.ANEW, "as `force` says"),
            (stored.holder, Standing.BUSY, f"by {stored.holder}"),
            (anew, Standing.ANEW, anew),
            (is_done, Standing.DONE, progress.reason),
            (progress.status == FAILED, Standing.FAILED, progress.reason),
            (
                progress.chunks,
                Standing.HALF,
                f"{count(stored.frames, 'sampled frame is', 'sampled frames are')} stored",
            ),
            (stored.elsewhere, Standing.ELSEWHERE, None),
        )
        return next(((standing, why) for holds, standing, why in judged if holds), (Standing.NEW, None))


@dataclass(frozen=True, slots=True)
class OtherSettings:
    """A run of other settings, and what would be begun anew beside it: so many videos, with their footage."""

    run: OtherRun
    videos: int
    footage_s: float


def find_other_settings(elsewhere: Iterable[Elsewhere], inputs: Iterable[Path]) -> OtherSettings | None:
    """The run under which most of these inputs are complete that are not so under the settings that are asked for."""
    wanted = {_whole(path) for path in inputs}
    by_run: dict[int, list[Elsewhere]] = {}
    for video in elsewhere:
        if _whole(video.path) in wanted:
            by_run.setdefault(video.run.id, []).append(video)
    if not by_run:
        return None
    most = max(by_run.values(), key=len)
    videos = [video for found in by_run.values() for video in found]
    return OtherSettings(most[0].run, len(videos), sum(video.duration_s or 0.0 for video in videos))


def _whole(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - links are not followed


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _is_untouched(path: Path, stored: StockVideo) -> bool:
    """Whether a file has the size that it had, and was not written to since something of it was stored."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    if stored.seen_at is None or not stored.size_bytes or found.st_size != stored.size_bytes:
        return False
    return datetime.fromtimestamp(found.st_mtime, UTC) < stored.seen_at.replace(tzinfo=UTC)
