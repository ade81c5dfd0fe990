"""Training, read from top to bottom: data, one epoch after another, the best kept, a checkpoint."""

from __future__ import annotations

import hashlib
import math
import queue
import shlex
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.errors import DataError
from pipeline.files import write_whole
from pipeline.models.seen import NONE, encode_seen, fingerprint
from pipeline.preprocessing import scale_pixels
from pipeline.records import EXPRESSIONS

from ..data.faces import PUBLIC_TEST, TRAINING, LabelledFaces
from ..measure.evaluate import count_confusion
from .augment import CALM_VIEWS, VIEWS, augment, mix
from .checkpoints import Position, save_best
from .learner import Learner
from .progress import EpochResult, StepResult
from .resuming import read_state, save_checkpoint, writing
from .runs import BEST, SEEN, RunOrigin, draw_curve, prepare, read_origin, write_results
from .targets import all_answers, check_votes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pipeline.models.folder import StoredModel
    from pipeline.models.seen import Fingerprints
    from pipeline.records import Floats

    from ..data.faces import Labels
    from .settings import TrainSettings

    Batch = tuple[Floats, Labels, Floats, Floats]

_Item = TypeVar("_Item")


def train(
    data: LabelledFaces,
    settings: TrainSettings,
    folder: Path,
    *,
    base: Mapping[str, Floats] | None = None,
    teachers: Sequence[StoredModel] = (),
    origin: RunOrigin | None = None,
    seen: Fingerprints | None = NONE,
    resume: bool = False,
    on_note: Callable[[str], object] = lambda _: None,
    on_step: Callable[[StepResult], object] = lambda _: None,
    on_epoch: Callable[[EpochResult], object] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train a network and keep the moving average that is best on PublicTest, or the last one.

    Args:
        data: labelled faces with a Training and a PublicTest split.
        settings: the run; a resumed run must have the same, or more epochs.
        folder: receives `checkpoint.npz`, `best.npz`, `metrics.jsonl`, `curve.svg`, `settings.json`, `origin.json`.
        base: weights to start from, by `layer/weight`; layers that are missing or of another shape start anew.
        teachers: models whose answers are learned beside the labels.
        origin: where data and code came from, for the card; the data's hash is filled in here.
        seen: fingerprints of the faces that the base was trained on, which are noted beside those of the Training
            faces; None where they are not known, and then nothing is noted.
        resume: continue where the checkpoint was written; what follows is what an unbroken run would do, unless
            `settings` have more epochs than before, which is noted.
        on_note: told if the newest checkpoint is damaged, and the one before it is gone on from.
        on_step: called after each step.
        on_epoch: called after each epoch.
        should_stop: asked after each step and each epoch; True saves the state and ends.

    Returns:
        True when all epochs are done, False when stopped before.

    Raises:
        DataError: a split is empty or smaller than a batch, the folder holds another run, or the loss is no number.
        DiskError: the run cannot be saved; it can go on from its last checkpoint.
    """
    training, held_out = data.split(TRAINING), data.split(PUBLIC_TEST)
    steps = _count_steps(training, held_out, settings)
    check_votes(data, settings)
    targets = all_answers(training, settings, teachers)
    prepare(folder, settings, with_hashes(origin or RunOrigin(), data), resume=resume)
    if not resume:
        _note_seen(folder, training, seen)
    learner = Learner(settings, steps, with_votes=bool(training.votes.any()), base=base or {})
    position = _restore(learner, folder, on_note) if resume else Position()
    _tell_length(folder, position, on_note)
    started = time.monotonic() - position.seconds
    for epoch in range(position.epoch, settings.epochs):
        batches = _prefetch(_batches(training, targets, settings, epoch, position.step))
        for batch in batches:
            position = _learn(learner, batch, position, steps, folder)
            on_step(_describe_step(learner, position, steps))
            if should_stop():
                _save(learner, folder, replace(position, seconds=time.monotonic() - started))
                return False
        position = replace(position, seconds=time.monotonic() - started)
        with writing(folder):
            result = _close_epoch(learner, held_out, folder, settings, position)
        position = Position(epoch=epoch + 1, best=result.best_accuracy, seconds=result.seconds)
        _save(learner, folder, position)
        on_epoch(result)
        if should_stop():
            return False
    return True


def _note_seen(folder: Path, training: LabelledFaces, base: Fingerprints | None) -> None:
    """Note what is trained on beside what a base was trained on; nothing where that is not known."""
    if base is not None:
        with writing(folder):
            write_whole(folder / SEEN, encode_seen(base, fingerprint(training.faces)))


def _learn(learner: Learner, batch: Batch, position: Position, steps: int, folder: Path) -> Position:
    """One step more of the epoch, with its loss and hits added.

    Raises:
        DataError: the loss is no number.
    """
    epoch, settings = position.epoch, learner.settings
    at = epoch * steps + position.step
    loss, hits = learner.learn(*batch, at=at, head_only=epoch < settings.head_epochs)
    if not math.isfinite(loss):
        raise _diverged(folder, epoch, position.step + 1, loss)
    return replace(position, step=position.step + 1, loss=position.loss + loss, hits=position.hits + hits)


def _tell_length(folder: Path, position: Position, on_note: Callable[[str], object]) -> None:
    """Tell what it means that a run was made longer, where it goes on for the first time since."""
    *_, before, now = (0, 0, *read_origin(folder).lengths)
    if before and position.epoch <= before:
        on_note(
            f"The run is made longer, from {before} to {now} epochs: the learning rate goes on as in a run of {now}, "
            "so that it may rise now, and the end is not that of an unbroken run of as many."
        )


def _diverged(folder: Path, epoch: int, step: int, loss: float) -> DataError:
    how = f"Go on from the best epoch with `base` {shlex.quote(str(folder))} and" if epoch else "Train anew with"
    return DataError(
        f"epoch {epoch + 1}, step {step}: expected a loss; found {loss}, so the weights are lost. {how} a lower "
        "`peak_rate` in another `run` folder."
    )


def with_hashes(origin: RunOrigin, data: LabelledFaces) -> RunOrigin:
    """The origin with the hashes by which a run knows its faces, their votes and the replayed faces again."""
    beside = hashlib.sha256(data.votes.tobytes() + "\n".join(data.replayed).encode()).hexdigest()
    return replace(origin, sha256=data.sha256, beside_sha256=beside)


def _describe_step(learner: Learner, position: Position, steps: int) -> StepResult:
    settings = learner.settings
    return StepResult(
        epoch=position.epoch + 1,
        epochs=settings.epochs,
        step=position.step,
        steps=steps,
        loss=position.loss / position.step,
        accuracy=position.hits / (position.step * settings.batch),
        rate=learner.rate,
    )


def _close_epoch(
    learner: Learner, held_out: LabelledFaces, folder: Path, settings: TrainSettings, position: Position
) -> EpochResult:
    """Measure the moving average, keep it if it is the best so far, write the epoch's line and the curve."""
    accuracy, labels_accuracy, confusion = _measure(learner, held_out)
    result = EpochResult(
        epoch=position.epoch + 1,
        epochs=settings.epochs,
        loss=position.loss / position.step,
        training_accuracy=position.hits / (position.step * settings.batch),
        accuracy=accuracy,
        best_accuracy=max(accuracy, position.best),
        labels_accuracy=labels_accuracy,
        confusion=confusion,
        rate=learner.rate,
        seconds=round(position.seconds, 1),
    )
    # The line goes first: whoever publishes a run that goes on finds it for the weights that he read.
    write_results(folder, result)
    if accuracy >= position.best or settings.keep == "last":
        save_best(folder / BEST, {**learner.kept, **learner.averaged()}, result.epoch)
    draw_curve(folder, settings.keep)
    return result


def _measure(learner: Learner, held_out: LabelledFaces) -> tuple[float, float | None, tuple[tuple[int, ...], ...]]:
    """Accuracy of what the expression head learns, of the labels' own head where there is one, and the confusion."""
    said, settings = learner.answers(held_out), learner.settings
    labelled = {head: float((found == held_out.labels).mean()) for head, found in said.items()}
    if settings.target == "labels":
        return labelled["expression"], None, _confusion(held_out.labels, said["expression"])
    agreed = np.isin(held_out.called, [EXPRESSIONS.index(name) for name in settings.classes])
    called, answers = held_out.called[agreed], said["expression"][agreed]
    return float((answers == called).mean()), labelled["labels"], _confusion(called, answers)


def _confusion(right: Labels, answers: Labels) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(count) for count in row) for row in count_confusion(right, answers))


def _count_steps(training: LabelledFaces, held_out: LabelledFaces, settings: TrainSettings) -> int:
    steps = round(float(training.weights.sum())) // settings.batch
    if not steps or not len(held_out):
        raise DataError(
            f"expected at least {settings.batch} Training faces (one batch) and some PublicTest faces; "
            f"found {len(training)} and {len(held_out)}. Add data or lower `batch`."
        )
    return steps


def _batches(data: LabelledFaces, targets: Floats, settings: TrainSettings, epoch: int, done: int) -> Iterator[Batch]:
    """Views (B, C, C, 1), labels (B,), targets (B, 7 or 14) and votes (B, 8), after `done` steps of the epoch.

    Order and views have seeds of their own for each epoch and step, so that a resumed epoch sees what it would have.
    """
    calm = epoch >= settings.epochs - settings.calm_epochs
    how = (CALM_VIEWS if calm else VIEWS)[settings.views]
    order = draw_rows(data.weights, np.random.default_rng((settings.seed, epoch)))
    for step in range(done, len(order) // settings.batch):
        rows = order[step * settings.batch : (step + 1) * settings.batch]
        random = np.random.default_rng((settings.seed, epoch, step))
        views = augment(data.faces[rows], settings.crop_px, random, how)
        wanted, votes = targets[rows], data.votes[rows]
        labels = data.labels[rows] if settings.target == "labels" else wanted[:, : len(EXPRESSIONS)].argmax(axis=1)
        if settings.mixup:
            views, wanted, votes = mix(views, wanted, votes, settings.mixup, random)
        yield scale_pixels(views, settings.pixels), labels, wanted, votes


def draw_rows(weights: Floats, random: np.random.Generator) -> Labels:
    """Rows of one epoch in random order, each as often as its weight says (systematic sampling of the fractions)."""
    edges = np.cumsum(weights, dtype=np.float64)
    count = round(float(edges[-1]))
    places = (np.arange(count) + random.random()) * edges[-1] / count
    rows = np.searchsorted(edges, places, side="right")
    return random.permutation(np.minimum(rows, len(weights) - 1))


def _prefetch(batches: Iterator[Batch], ahead: int = 4) -> Iterator[Batch]:
    """Prepare batches in a thread, so that the network never waits for views."""
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(ahead)
    wanted = threading.Event()
    wanted.set()

    def fill() -> None:
        try:
            for batch in batches:
                if not _offer(ready, batch, wanted):
                    return
            _offer(ready, None, wanted)
        except BaseException as error:  # noqa: BLE001 - carried to the consumer, which raises it
            _offer(ready, error, wanted)

    threading.Thread(target=fill, daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        wanted.clear()


def _offer(ready: queue.Queue[_Item], item: _Item, wanted: threading.Event) -> bool:
    """Put an item into a full queue as soon as there is room; False when nobody wants it any more."""
    while wanted.is_set():
        with suppress(queue.Full):
            ready.put(item, timeout=0.5)
            return True
    return False


def _restore(learner: Learner, folder: Path, on_note: Callable[[str], object]) -> Position:
    position, state = read_state(folder, on_note)
    learner.restore(state)
    return position


def _save(learner: Learner, folder: Path, position: Position) -> None:
    with writing(folder):
        save_checkpoint(folder, learner.state(), position, last=position.epoch == learner.settings.epochs)
