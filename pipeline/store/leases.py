"""Who works on a video: a lease on its analysis, so that several processes share a folder and none does work twice.

A lease is a token that whoever writes must know, the name of its holder, and a beat. It ends when its holder gives it
back, is known to be gone, or was not heard of for `LEASE_S`. Whoever takes it over renews the token: should the earlier
holder come back, its next write is refused, and it leaves that video alone.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import delete, func, select, update

from ..errors import StoreError, VideoError
from . import schema
from .locks import lock_to_add
from .rows import now
from .schema import AnalysisRow, ChunkRow
from .upserts import insert_new

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import Connection

    Key: TypeAlias = tuple[int, int]

logger = logging.getLogger("fer_video")

LEASE_S, BEAT_S = 120.0, 30.0
"""A holder that was not heard of for so long is taken to be gone; it is heard of at this interval."""


class LostError(VideoError):
    """The analysis is not ours any more: taken over, or its rows are gone. The other videos are not concerned."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that works on videos.

    Attributes:
        host: the name of its machine.
        pid: its number there.
        mark: which boot, which container and which start of that number, where the system tells; else empty. Machines
            share names, and numbers are used again.
    """

    host: str
    pid: int
    mark: str

    def __str__(self) -> str:
        return f"{self.host}, process {self.pid}"

    @property
    def stored(self) -> str:
        """As the database keeps it."""
        return f"{self.host}:{self.pid}:{self.mark}"

    def is_gone(self) -> bool:
        """Whether it is known to have ended; what runs elsewhere is not known."""
        here = this_process()
        place, began = self.mark.rpartition("/")[::2]
        if not began or (self.host, place) != (here.host, here.mark.rpartition("/")[0]):
            return False
        return _began(self.pid) != began

    def is_known(self) -> bool:
        """Whether it runs on this machine, so that it is known to live unless `is_gone`."""
        here = this_process()
        return bool(self.mark) and (self.host, self.mark.rpartition("/")[0]) == (
            here.host,
            here.mark.rpartition("/")[0],
        )


def parse_holder(stored: str | None) -> Holder | None:
    """The holder of a row; None for nobody."""
    host, _, rest = (stored or "").partition(":")
    pid, _, mark = rest.partition(":")
    return Holder(host, int(pid), mark) if pid.isdecimal() else None


def this_process() -> Holder:
    """This process as a holder."""
    pid = os.getpid()
    began = _began(pid)
    return Holder(socket.gethostname().replace(":", "-"), pid, f"{_place()}/{began}" if began else "")


def _place() -> str:
    """Of this boot and this container: process numbers mean something within both only."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:8]
        return f"{boot}-{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 - a link that leads to no path
    except OSError:
        return ""


def _began(pid: int) -> str | None:
    """When a process began, in the system's ticks; None for one that ended, or where the system does not tell."""
    try:
        # proc(5): the 22nd field; the second one, the program's name in brackets, may hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    ended = fields[0] in {b"Z", b"X"}
    return None if ended else fields[19].decode()


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on an analysis.

    Attributes:
        token: every write needs it.
        deaths: how often the program ended while it worked on this video, since a chunk of it was stored.
    """

    token: str
    deaths: int


def is_held(stored: str | None, beat_at: datetime | None, moment: datetime, grace_s: float = 0.0) -> bool:
    """Whether an owner is there that is to be left alone.

    Our own process's older leases are those of a batch that nobody asks for more.
    """
    holder = parse_holder(stored)
    if holder is None or beat_at is None or holder == this_process() or holder.is_gone():
        return False
    # A beat from the future is a clock that was set back; it must not hold for hours.
    return abs(moment - beat_at) <= timedelta(seconds=LEASE_S + grace_s)


def count_deaths(status: str, attempts: int, stored: str | None) -> int:
    """Deaths of the program on a video that nobody holds: one more if its last holder never gave it back."""
    holder = parse_holder(stored)
    lives = holder is None or (holder.is_known() and not holder.is_gone())
    return attempts + (status == schema.RUNNING and not lives)


def claim(connection: Connection, key: Key, *, steal: bool, grace_s: float) -> Lease | Holder:
    """Take the lease on an analysis, or say who has it.

    Args:
        connection: in a transaction.
        key: video and run.
        steal: take it whoever has it.
        grace_s: a holder may be silent for so much longer, as when the database was held by somebody else.

    Raises:
        LostError: the video is gone.
    """
    if not lock_to_add(connection, key[0]):
        raise LostError(GONE)
    token = secrets.token_hex(16)
    mine = {"token": token, "owner": this_process().stored, "beat_at": clock(connection)}
    values = {"video_id": key[0], "run_id": key[1], "status": schema.RUNNING} | mine
    columns = (AnalysisRow.status, AnalysisRow.owner, AnalysisRow.beat_at, AnalysisRow.attempts)
    found = select(*columns).where(of(key)).with_for_update()
    while (row := connection.execute(found).one_or_none()) is None:
        if insert_new(connection, AnalysisRow, values, [AnalysisRow.video_id, AnalysisRow.run_id]):
            return Lease(token, 0)
    # A lock may have been waited for.
    mine["beat_at"] = moment = clock(connection)
    holder = parse_holder(row.owner)
    if holder and not steal and is_held(row.owner, row.beat_at, moment, grace_s):
        return holder
    deaths = 0 if steal else count_deaths(row.status, row.attempts, row.owner)
    connection.execute(update(AnalysisRow).where(of(key)).values(**mine, attempts=deaths))
    return Lease(token, deaths)


GONE = "its rows were deleted meanwhile, by another fer-video that read the file when it was longer"


def check(connection: Connection, key: Key, token: str | None) -> None:
    """Refuse to write what is not ours any more; without a token, only what is gone.

    Raises:
        LostError: another process took the analysis over, or its rows are gone.
    """
    # On a server the token is not renewed before what is written under it is there, nor is the same written twice.
    found = select(AnalysisRow.token, AnalysisRow.owner).where(of(key)).with_for_update()
    row = connection.execute(found).one_or_none()
    if row is None:
        raise LostError(GONE)
    if token is not None and row.token != token:
        holder = parse_holder(row.owner)
        raise LostError(f"another fer-video{f' ({holder})' if holder else ''} took this video over")


def beat(connection: Connection, tokens: Collection[str]) -> None:
    """Say that the holder of these lives."""
    connection.execute(update(AnalysisRow).where(AnalysisRow.token.in_(tokens)).values(beat_at=clock(connection)))


def release(connection: Connection, tokens: Collection[str]) -> None:
    """Give leases back; an analysis that never began leaves no row."""
    mine = AnalysisRow.token.in_(tokens)
    chunks = select(func.count()).where(
        ChunkRow.video_id == AnalysisRow.video_id, ChunkRow.run_id == AnalysisRow.run_id
    )
    never_begun = (AnalysisRow.status == schema.RUNNING) & AnalysisRow.reader.is_(None) & (AnalysisRow.attempts == 0)
    connection.execute(delete(AnalysisRow).where(mine, never_begun, chunks.scalar_subquery() == 0))
    connection.execute(update(AnalysisRow).where(mine).values(token=None, owner=None, beat_at=None))


def of(key: Key) -> Any:
    """The analysis with this key."""
    return (AnalysisRow.video_id == key[0]) & (AnalysisRow.run_id == key[1])


def clock(connection: Connection) -> datetime:
    """This moment in UTC: by the server's clock where there is a server, as machines differ."""
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(select(func.timezone("utc", func.clock_timestamp()))).scalar_one()
        return moment
    return now()


class Heart:
    """Beats for a store while a video takes long between two chunks; in `with`."""

    def __init__(self, give_beat: Callable[[], None], every_s: float = BEAT_S) -> None:
        """Prepare; the first beat comes after one interval, as a claim is one.

        Args:
            give_beat: says to the database that this process lives; called in a thread of its own.
            every_s: interval in seconds.
        """
        self._give_beat, self._every_s = give_beat, every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                self._give_beat()
            except StoreError as error:
                # Held by somebody: the writer meets that too, and waits or tells; the next beat may pass.
                logger.info("no beat: %s", error)
