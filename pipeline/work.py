"""The work on one video: a job, which any process can be given, and the stream of what comes out of it.

Nothing here knows the store. What ends the stream travels in the stream: `End` behind the last chunk, or `Failed`.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import cv2

from .analyze import analyze, frames_before
from .errors import DecoderLostError, VideoError
from .records import End
from .video.decoding import TRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from .analyze import Stages
    from .areas import Polygon
    from .models.folder import StoredModel
    from .records import FrameReadings, Hints, VideoRecord
    from .settings import Settings
    from .video.identity import Stamp
    from .video.source import Source

    OpenStages: TypeAlias = Callable[[Settings, StoredModel, str], Stages]
    OpenSource: TypeAlias = Callable[[Path, Hints], Source]

logger = logging.getLogger("fer_video")


@dataclass(frozen=True, slots=True)
class Job:
    """One video that is to be read, with all that a worker needs to know. It can be pickled.

    Attributes:
        video: the video, with its path.
        video_id, run_id: the analysis that the chunks belong to.
        settings: sampling and detection.
        model: the expression model.
        device: `cpu` or `gpu:N`.
        first_chunk: where to begin; those before it are stored.
        force: begin anew, in place of what is stored.
        token: of the lease on the analysis, which every write needs; None where nobody else writes.
        anew: why it is read anew, though nobody asked for that.
        stamp: of the file, before its content was hashed; None for one that cannot be read.
        masks: areas of the picture that are blanked before detection.
        ended_before: how an earlier run ended on it, status and reason; None where none did.
        number, of: place among the videos of its batch, from 1.
    """

    video: VideoRecord
    video_id: int
    run_id: int
    settings: Settings
    model: StoredModel
    device: str
    first_chunk: int = 0
    force: bool = False
    number: int = 1
    of: int = 1
    token: str | None = None
    anew: str | None = None
    stamp: Stamp | None = None
    masks: tuple[Polygon, ...] = ()
    ended_before: tuple[str, str | None] | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Of its analysis: video and run."""
        return self.video_id, self.run_id


@dataclass(frozen=True, slots=True)
class Begun:
    """The networks are open and the video is about to be read: what it replaces may go."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive sampled frames with all that was read from them; `number` counts from the video's beginning."""

    number: int
    frames: tuple[FrameReadings, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """Reading ended early.

    Attributes:
        reason: why.
        again: the cause lay outside the file, so that a rerun is to go on behind the last chunk.
    """

    reason: str
    again: bool = False


Event: TypeAlias = Begun | Chunk | End | Failed
"""`Begun`, any number of `Chunk`, and one of `End` and `Failed`."""


@dataclass(frozen=True, slots=True)
class Pause:
    """In place of a job: there is none just now, and none before so many seconds have passed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """In place of a job: what comes next is asked for when all that was begun is through."""


class Worker:
    """Reads one job after another in this process, with networks that are opened once, for the first."""

    def __init__(self, open_stages: OpenStages, open_source: OpenSource) -> None:
        """Prepare; nothing is opened yet.

        Args:
            open_stages: opens detector and classifier; all jobs of a worker have the same settings and model.
            open_source: gives access to a path.
        """
        self._open_stages, self._open_source = open_stages, open_source
        self._opening: Future[Stages] | None = None

    def prepare(self, settings: Settings, model: StoredModel, device: str) -> Future[Stages]:
        """Begin to open the networks, in a thread of its own, so that a first video is looked into meanwhile."""
        if self._opening is None:
            thread = ThreadPoolExecutor(1, "networks")
            self._opening = thread.submit(self._open_stages, settings, model, device)
            thread.shutdown(wait=False)
        return self._opening

    def __call__(self, job: Job) -> Iterator[Event]:
        """The stream of a job; see `Event`.

        Raises:
            ModelError: the networks cannot be opened, which concerns all jobs.
        """
        stages = self.prepare(job.settings, job.model, job.device).result()
        yield Begun()
        try:
            yield from self._read(job, replace(stages, masks=job.masks))
        except DecoderLostError as error:
            told = f"{TRIES} times in a row; a rerun goes on from there" if error.outside else f"{TRIES} times there"
            yield Failed(f"{error}, {told}", again=error.outside)
        except VideoError as error:
            yield Failed(str(error))
        except MemoryError as error:
            logger.info("%s: %s", job.video.path, error, exc_info=True)
            yield Failed("not enough memory to read faces from its frames", again=True)
        except cv2.error as error:
            logger.info("%s: %s", job.video.path, error, exc_info=True)
            short = error.code == cv2.Error.StsNoMem
            yield Failed(f"its frames could not be read for faces: {error.err.strip().rstrip('.')}", again=short)

    def _read(self, job: Job, stages: Stages) -> Iterator[Event]:
        """Chunks and end; behind a decoder that was lost the next one goes on where it stopped.

        Raises:
            DecoderLostError: `TRIES` of them were lost without a new chunk between them.
            VideoError: the file.
        """
        source, number = self._open_source(job.video.path, job.video.hints), job.first_chunk
        lost: list[DecoderLostError] = []
        while True:
            try:
                frames = source.frames(job.settings.sampling, frames_before(number))
                for item in analyze(frames, stages, number):
                    if isinstance(item, End):
                        yield item
                        return
                    yield Chunk(number, tuple(item))
                    number += 1
                    lost.clear()
            except DecoderLostError as error:
                logger.info("%s: %s; chunk %d", job.video.path, error, number)
                lost.append(error)
                if len(lost) == TRIES:
                    # One loss from outside among them, and the file is not proved to be the cause.
                    raise next((each for each in lost if each.outside), error) from None


def open_stages(settings: Settings, model: StoredModel, device: str) -> Stages:
    """The real stages: MTCNN's cascade and a model of the store.

    Raises:
        ModelError: the model cannot be opened; see `NetworkClassifier` and `check_readability`. Or it gives no numbers.
    """
    from .analyze import Stages
    from .expressions import NetworkClassifier
    from .faces import Mtcnn
    from .inference import runtime
    from .inference.cores import count_cores
    from .readability import check_readability

    check_readability(model.card)
    at_once = 1
    if runtime.runs_graphs(device):
        at_once = count_cores()
        # The batches share the cores already; OpenCV's own threads would get into their way.
        cv2.setNumThreads(1)
    classifier = NetworkClassifier(model, device, at_once=at_once)
    detector = Mtcnn(
        min_face_px=settings.min_face_px, threshold=settings.face_threshold, device=device, at_once=at_once
    )
    return Stages(detector, classifier, model.card.readability, at_once=at_once)
