"""What is PostgreSQL's own: how it is opened, what its errors mean, and the lock under which tables are made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from ..errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL, Connection, Engine

OLDEST = 14
"""From this version on triggers can be replaced."""

SETUP_LOCK = 0x6665722D76696465
"""Whoever makes or migrates the tables of a database holds this advisory lock: "fer-vide" in ASCII."""

KEEPALIVES = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "connect_timeout": "10"}
"""A server that went away without a word is missed after a minute, not after the system's two hours."""

LIBPQ_DRIVERS = frozenset({"psycopg", "psycopg2"})
"""Drivers that take libpq's options. Others work, too, but only the first was tried."""

HELD_STATES = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock not available."""

LOST_STATES = frozenset({"57P01", "57P02", "57P03", "57P05"})
"""Ended by an administrator, ended by a crash, not yet or no longer taking connections, idle for too long."""

MISSING_DRIVER = (
    "expected the driver psycopg, with which PostgreSQL is reached; it is not installed. Install it with pip install "
    "'.[postgres]'"
)

_REFUSED = re.compile(r"\bFATAL\b")
"""How the server's own refusal of a connection begins; libpq has no state for it, and no language but for the rest."""

_COMING = ("starting up", "shutting down", "recovery mode", "not yet accepting", "too many clients", "remaining conn")

_ADVICE = {
    "28": "the server refuses this user or password. Check both in `db`; the variables PGPASSWORD and PGPASSFILE count",
    "3D": "the server has no such database. Make it with 'createdb', then run the same command again",
    "25006": "the database can only be read, as a standby or by this user. Name another with `db`",
    "42501": "this user may not do that. Grant it CREATE on the schema, or ownership of the tables",
    "53": "the server is short of room; what was stored is safe. Free some, then run the same command again",
    "53300": "the server takes no more connections. Start fewer workers, or raise its max_connections",
    "58": "the server's disk refused; what was stored is safe. Check it, then run the same command again",
    "XX": "the database is damaged. Restore a copy, or start a new one with `db`",
    "40": "another program holds the database. Wait for it, then run the same command again",
    "55P03": "another program holds the database. Wait for it, then run the same command again",
    "57014": "the server stopped the statement, as it took longer than its settings allow. Raise statement_timeout",
}
"""What to do about a state, by its code or class; see PostgreSQL's appendix A, "Error Codes"."""

_ADVICE_BY_WORDS = {
    "authentication failed": _ADVICE["28"],
    "no password supplied": _ADVICE["28"],
    "pg_hba.conf": _ADVICE["28"],
    "role": _ADVICE["28"],
    "database": _ADVICE["3D"],
    "too many clients": _ADVICE["53300"],
    "remaining conn": _ADVICE["53300"],
}
"""The same for a connection that was refused, which carries no state."""


def open_engine(url: URL, *, writes: bool) -> Engine:
    """An engine whose readers cannot write, and see one moment of the database in a transaction.

    A process needs one connection, and a second one for the beat of its leases, which is given back at once.

    Raises:
        ModuleNotFoundError: the driver is not installed.
        ArgumentError, ValueError: the URL is none.
    """
    options: dict[str, Any] = {"postgresql_readonly": not writes}
    if not writes:
        options["isolation_level"] = "REPEATABLE READ"
    known = {name: value for name, value in KEEPALIVES.items() if name not in url.query}
    if url.get_driver_name() not in LIBPQ_DRIVERS:
        known = {}
    return create_engine(url, pool_size=1, max_overflow=4, connect_args=known, execution_options=options)


def check_version(db: str, found: Sequence[int | str]) -> None:
    """Refuse a server that does not know what our triggers are made with.

    Raises:
        StoreError: it is too old.
    """
    if int(found[0]) < OLDEST:
        raise StoreError(
            f"{db}: expected PostgreSQL {OLDEST} or newer; found {'.'.join(map(str, found))}. Nothing was changed. "
            "Use a newer server, or a file as the database."
        )


def lock_setup(connection: Connection, db: str) -> None:
    """Let nobody else make or migrate tables until this transaction ends.

    Raises:
        StoreError: the server is too old.
    """
    check_version(db, connection.dialect.server_version_info or (OLDEST,))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SETUP_LOCK})


def is_lost(error: BaseException) -> bool:
    """Whether the connection to the server is gone, or cannot be had just now, though it may be had again."""
    if not isinstance(error, DBAPIError):
        return False
    state = state_of(error)
    if error.connection_invalidated or state in LOST_STATES or (state or "").startswith("08"):
        return True
    cause = str(error.orig)
    # Without a state it was the client's side that complained: of a connection that broke, or could not be made.
    if state is not None or type(error.orig).__module__.partition(".")[0] != "psycopg":
        return False
    if _REFUSED.search(cause):
        return any(words in cause for words in _COMING)
    return type(error.orig).__name__ in {"OperationalError", "ConnectionTimeout"}


def state_of(error: DBAPIError) -> str | None:
    """The five characters by which PostgreSQL knows an error; None where the server said none."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return str(state) if state else None


def explain(error: DBAPIError) -> str:
    """The server's complaint, with what to do."""
    cause = " ".join(str(error.orig).split())
    state = state_of(error)
    if state:
        said = _ADVICE.get(state) or _ADVICE.get(state[:2])
        if said:
            return f"{said} ({cause})."
    elif _REFUSED.search(cause):
        # Behind the word; before it stand names of files and hosts.
        refusal = _REFUSED.split(cause, maxsplit=1)[1]
        said = next((advice for words, advice in _ADVICE_BY_WORDS.items() if words in refusal), None)
        if said:
            return f"{said} ({cause})."
    if is_lost(error):
        return (
            "the server does not answer. Check that it runs, and host and port in `db`; what was stored is safe, and "
            f"the same command goes on ({cause})."
        )
    return f"the database says: {cause}."
