"""A PostgreSQL server of the tests' own, from Debian's or anybody's binaries, and databases on either dialect."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "postgres"
"""A server refuses to run as root, so it runs as the user that Debian's package makes."""

SETTINGS = {
    "listen_addresses": "''",
    # What is lost with the machine alone may be: only processes are killed here.
    "fsync": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
}


def find_binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`; None where PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[-3]))  # noqa: PTH207
    first = on_path or next(reversed(found), None)
    return Path(first).resolve().parent if first else None


def why_none() -> str | None:
    """Why there can be no server here; None where there can."""
    if find_binaries() is None:
        return "needs PostgreSQL's server: apt-get install postgresql"
    if os.geteuid() == 0 and not shutil.which("runuser"):
        return "needs runuser, as PostgreSQL refuses to run as root"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "needs psycopg: pip install '.[postgres]'"
    return None


@dataclass(frozen=True, slots=True)
class Server:
    """A running server in a folder of its own, which is reached through a socket there."""

    folder: Path
    binaries: Path

    def ctl(self, *words: str) -> None:
        """Call `pg_ctl` and wait until it is through."""
        log = self.folder / "server.log"
        command = [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-l", str(log), *words]
        _as_user(command)

    def url(self, name: str, user: str = USER) -> str:
        """The URL of a database."""
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def execute(self, statement: str, name: str = "postgres") -> list[tuple]:
        """Run a statement by the administrator, outside of a transaction; the rows that it gives."""
        engine = create_engine(self.url(name), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.execute(text(statement))
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()


def _as_user(command: list[str]) -> None:
    prefix = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    # What pg_ctl starts keeps its output open, so that is not waited for.
    nowhere = subprocess.DEVNULL
    subprocess.run([*prefix, *command], check=True, cwd="/", stdout=nowhere, stderr=nowhere)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that sorts text as people do, not as SQLite does, so that it shows where that matters."""
    binaries = find_binaries()
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="fer-video-postgres-"))
    server = Server(folder, binaries)
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    locale = ["--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8", "--locale=C"]
    try:
        _as_user([str(binaries / "initdb"), "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-N", *locale])
        settings = [f"{name} = {value}" for name, value in SETTINGS.items()]
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join([*settings, f"unix_socket_directories = '{folder}'", ""]))
        server.ctl("start")
        yield server
        server.ctl("stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server for all tests of a process; whoever stops it starts it again."""
    if reason := why_none():
        pytest.skip(reason)
    with running_server() as server:
        yield server


_numbers = count(1)


@contextmanager
def empty_database(server: Server) -> Iterator[str]:
    """The URL of a new database without tables, which goes afterwards, whoever is still connected."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name}")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_db(postgres_server: Server) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL."""
    with empty_database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_db(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database will be, by path on SQLite and by URL on PostgreSQL: what holds on one must on both."""
    if request.param == "sqlite":
        return str(tmp_path / "a.db")
    return str(request.getfixturevalue("postgres_db"))


def rows_of(db: str, query: str) -> list[tuple]:
    """What a database holds, on either dialect."""
    engine = create_engine(db if "://" in db else f"sqlite:///{db}")
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()
