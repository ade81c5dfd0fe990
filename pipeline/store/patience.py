"""Waiting for a database that another program holds, or whose server is away for a while.

SQLite refuses in three places: when a transaction begins, while a connection is set up, and when it commits, which a
reader that keeps its transaction open can block for hours. A refused transaction has changed nothing, so it is done
again as a whole.

A connection to a server can also break while it commits, and then nobody knows whether it did. So whatever is tried
again here must come to the same when it was done already: it is found by its key.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from ..errors import StoreError
from . import postgres

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

LOST_S = 600.0
"""How long a server is waited for that was there before: it may be started again, or its machine."""

AWAY_S = 5.0
"""How long one is waited for that was not there yet: it may be starting, but most often its name is wrong."""

LONGEST_PAUSE_S = 10.0
"""Between two tries to reach a server; the first pause is `PAUSE_S`, and each is twice the one before."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a database that is held.

    Attributes:
        seconds: in all, for one transaction; 0 for one try.
        on_wait: told after ten seconds and then every minute, with the seconds waited so far.
        lost_seconds: how long to wait for a server that does not answer; it is told once to `on_lost`.
        on_lost: told what the driver says.
    """

    seconds: float = PATIENCE_S
    on_wait: Callable[[float], None] = lambda _seconds: None
    lost_seconds: float = LOST_S
    on_lost: Callable[[str], None] = lambda _cause: None


def is_held(error: BaseException) -> bool:
    """Whether the driver says that somebody else holds the database, which passes."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        # Extended codes carry the plain one in their lowest byte.
        return cause.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return isinstance(error, DBAPIError) and postgres.state_of(error) in postgres.HELD_STATES


def wait_for(attempt: Callable[[], Result], patience: Patience | None, db: str) -> Result:
    """What the attempt gives, as soon as the database lets it.

    Args:
        attempt: a whole transaction, which has changed nothing where it raises, or can be repeated without harm.
        patience: how long; None for one attempt.
        db: the database's name, for messages.

    Raises:
        StoreError: patience is at its end.
        DBAPIError: what else the driver complains of.
    """
    held, lost = _Held(patience, db), _Lost(patience, db)
    while True:
        try:
            return attempt()
        except DBAPIError as error:
            if patience is None:
                raise
            if is_held(error):
                lost.is_over()
                pause_s = held.wait(error)
            elif postgres.is_lost(error):
                pause_s = lost.wait(error)
            else:
                raise
        time.sleep(pause_s)


class _Held:
    """The wait for another program, from the first refusal on."""

    def __init__(self, patience: Patience | None, db: str) -> None:
        self._patience, self._db = patience or Patience(0.0), db
        self._began, self._next_word_s = time.monotonic(), FIRST_WORD_S

    def wait(self, error: DBAPIError) -> float:
        """Say that we wait, if it is time to; how long until the next try."""
        waited_s = time.monotonic() - self._began
        if waited_s >= self._patience.seconds:
            raise StoreError(
                f"{self._db}: another program holds the database; waited {waited_s:.0f} s for it. What is stored is "
                "safe. Close that program, then run the same command again, or wait longer with `db_patience`."
            ) from error
        if waited_s >= self._next_word_s:
            logger.info("%s: another program holds it; waited %.0f s so far", self._db, waited_s)
            self._patience.on_wait(waited_s)
            self._next_word_s = waited_s + WORD_EVERY_S
        return PAUSE_S


class _Lost:
    """The wait for a server that does not answer, from its first silence on."""

    def __init__(self, patience: Patience | None, db: str) -> None:
        self._patience, self._db = patience or Patience(0.0), db
        self._began: float | None = None
        self._pause_s = PAUSE_S

    def is_over(self) -> None:
        """The server answered: the next silence is another one."""
        self._began, self._pause_s = None, PAUSE_S

    def wait(self, error: DBAPIError) -> float:
        """Say once that we wait; how long until the next try, each twice as long as the one before."""
        if self._began is None:
            self._began = time.monotonic()
            cause = " ".join(str(error.orig).split())
            logger.info("%s: the server does not answer (%s)", self._db, cause)
            self._patience.on_lost(cause)
        waited_s = time.monotonic() - self._began
        if waited_s >= self._patience.lost_seconds:
            raise StoreError(f"{self._db}: waited {waited_s:.0f} s: {postgres.explain(error)}") from error
        pause_s = min(self._pause_s, self._patience.lost_seconds - waited_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        return pause_s
