"""Which videos were forgotten, so that they are not analysed again unasked: their hashes, and no name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from .log import note
from .privacy_tables import ForgottenRow
from .rows import now
from .upserts import insert_or_change

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection


def remember(connection: Connection, hashes: Iterable[str]) -> None:
    """Keep in mind that these were forgotten."""
    for sha256 in hashes:
        at = {"at": now()}
        insert_or_change(connection, ForgottenRow, {"sha256": sha256, **at}, [ForgottenRow.sha256], at)


def when_forgotten(connection: Connection, sha256: str) -> datetime | None:
    """When a content was forgotten, UTC; None for one that was not."""
    return connection.scalar(select(ForgottenRow.at).where(ForgottenRow.sha256 == sha256))


def recall(connection: Connection, sha256: str) -> bool:
    """Let a content be analysed again; whether it had been forgotten."""
    return connection.execute(delete(ForgottenRow).where(ForgottenRow.sha256 == sha256)).rowcount > 0


def take_back(connection: Connection, sha256: str) -> None:
    """Let a forgotten content be analysed again because somebody said so, and note that."""
    if recall(connection, sha256):
        note(connection, "analyze", inputs=[sha256], settings={"again": True}, outcome={"taken_back": 1})
