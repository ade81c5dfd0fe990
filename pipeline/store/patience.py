"""Waiting for a database that another program holds: a person's browser of tables, a backup, another fer-video.

SQLite refuses in three places: when a transaction begins, while a connection is set up, and when it commits, which a
reader that keeps its transaction open can block for hours. A refused transaction has changed nothing, so it is done
again as a whole.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from ..errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("fer_video")

Result = TypeVar("Result")

PATIENCE_S = 3600.0
"""How long a batch waits, unless told otherwise."""

TRY_S = 2.0
"""One try takes the driver so long, during which it answers nobody, not even Ctrl-C; other writers need far less."""

PAUSE_S = 0.2
"""Between two tries. A writer that waits keeps new readers out; here they come in."""

FIRST_WORD_S, WORD_EVERY_S = 10.0, 60.0

HELD_STATES = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's own: serialization failure, deadlock, lock not available."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a database that is held.

    Attributes:
        seconds: in all, for one transaction; 0 for one try.
        on_wait: told after ten seconds and then every minute, with the seconds waited so far.
    """

    seconds: float = PATIENCE_S
    on_wait: Callable[[float], None] = lambda _seconds: None


def is_held(error: BaseException) -> bool:
    """Whether the driver says that somebody else holds the database, which passes."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        # Extended codes carry the plain one in their lowest byte.
        return cause.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state in HELD_STATES


def wait_for(attempt: Callable[[], Result], patience: Patience | None, db: str) -> Result:
    """What the attempt gives, as soon as the database lets it.

    Args:
        attempt: a whole transaction, which has changed nothing where it raises.
        patience: how long; None for one attempt.
        db: the database's name, for messages.

    Raises:
        StoreError: patience is at its end.
        DBAPIError: what else the driver complains of.
    """
    began, next_word_s = time.monotonic(), FIRST_WORD_S
    while True:
        try:
            return attempt()
        except DBAPIError as error:
            if patience is None or not is_held(error):
                raise
            waited_s = time.monotonic() - began
            if waited_s >= patience.seconds:
                raise StoreError(
                    f"{db}: another program holds the database; waited {waited_s:.0f} s for it. What is stored is "
                    "safe. Close that program, then run the same command again, or wait longer with `db_patience`."
                ) from error
        if waited_s >= next_word_s:
            logger.info("%s: another program holds it; waited %.0f s so far", db, waited_s)
            patience.on_wait(waited_s)
            next_word_s = waited_s + WORD_EVERY_S
        time.sleep(PAUSE_S)
