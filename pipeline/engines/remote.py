"""What runs in a worker process, and the words that go through its pipe. `workers.py` is the other end."""

from __future__ import annotations

import signal
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..errors import FerVideoError
from ..inference.cores import limit_cores
from ..video.decoding import Decoder
from ..video.source import VideoFile
from ..work import Event as WorkEvent
from ..work import Worker

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from ..records import Hints
    from ..work import Job, OpenStages

BEAT_S = 2.0
"""While there is nothing to tell, a worker shows at this interval that it lives."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The first word to a worker: how it opens its networks, and how many cores it may use."""

    open_stages: OpenStages
    threads: int


@dataclass(frozen=True, slots=True)
class Raised:
    """What ends the whole batch: an error that a user can act upon."""

    error: FerVideoError


@dataclass(frozen=True, slots=True)
class Defect:
    """What ends the whole batch: an error that nobody foresaw, as its traceback."""

    traceback: str


class Alive:
    """The worker is there, but has nothing to tell yet."""


class Done:
    """Nothing more comes of the job."""


Word: TypeAlias = WorkEvent | Raised | Defect | Alive | Done


def serve(pipe: Connection) -> None:
    """The worker: do one job after the other until the parent is gone."""
    # Ctrl-C is the parent's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, ConnectionError):
        opening: Opening = pipe.recv()
        limit_cores(opening.threads)
        with Decoder() as decoder:

            def open_source(path: Path, hints: Hints) -> VideoFile:
                return VideoFile(path, decoder, hints)

            worker = Worker(opening.open_stages, open_source)
            while True:
                _do(worker, pipe.recv(), pipe)


def _do(worker: Worker, job: Job, pipe: Connection) -> None:
    """Send what comes of a job, and beats in between."""
    lock, ended = threading.Lock(), threading.Event()

    def send(word: Word) -> None:
        with lock:
            pipe.send(word)

    def beat() -> None:
        with suppress(OSError):  # the parent is gone: whoever sends the next event ends the process
            while not ended.wait(BEAT_S):
                send(Alive())

    heart = threading.Thread(target=beat, name="beat", daemon=True)
    heart.start()
    try:
        for event in worker(job):
            send(event)
        last: Word = Done()
    except FerVideoError as error:
        last = Raised(error)
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001 - the parent raises it with the whole story
        last = Defect(traceback.format_exc())
    finally:
        ended.set()
        heart.join()
    send(last)
