"""Who waits for whom on a server: a video is locked before its analyses, always, so that no two wait for each other.

SQLite has one lock for all, which a writer holds from its first word on; there these are no more than a look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from .schema import VideoRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def lock_video(connection: Connection, video_id: int) -> None:
    """Let nobody else change or delete this video until this transaction ends."""
    connection.execute(select(VideoRow.id).where(VideoRow.id == video_id).with_for_update(key_share=True))


def lock_to_delete(connection: Connection, videos: Iterable[int]) -> None:
    """The same of videos that are to be deleted: nor does anybody add an analysis to one."""
    for video_id in sorted(videos):
        connection.execute(select(VideoRow.id).where(VideoRow.id == video_id).with_for_update())


def lock_to_add(connection: Connection, video_id: int) -> bool:
    """Let nobody delete this video until this transaction ends; whether it is there. Several may do so at once."""
    there = select(VideoRow.id).where(VideoRow.id == video_id).with_for_update(read=True, key_share=True)
    return connection.scalar(there) is not None
