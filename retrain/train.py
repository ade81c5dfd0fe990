"""Training, read from top to bottom: settings, schedule, one step, epochs, checkpoint."""

from __future__ import annotations

import json
import logging
import math
import os
import queue
import subprocess
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import networks
from pipeline.emotions import standardise
from pipeline.errors import DataError
from pipeline.records import EMOTIONS

from .augment import CALM, Augmentation, augment
from .datasets import PUBLIC_TEST, TRAINING, VOTE_COLUMNS, LabelledFaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import keras
    import tensorflow as tf
    from numpy.typing import NDArray

    from pipeline.records import Floats

    Batch = tuple[Floats, Floats, Floats]

logger = logging.getLogger("fer_video")

CHECKPOINT, BEST, METRICS = "checkpoint.npz", "best.npz", "metrics.jsonl"
SETTINGS, ORIGIN = "settings.json", "origin.json"


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """What a run was trained with; kept beside its settings for the model card.

    Attributes:
        commit: of the project's code; `unknown` for an installed package.
        sha256: hash of the labelled faces; empty where it was not noted.
        data, ferplus: the paths they were read from.
    """

    commit: str = "unknown"
    sha256: str = ""
    data: str = ""
    ferplus: str | None = None


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One training run.

    Attributes:
        arch, options: architecture and its own options (`pipeline.networks.build`).
        epochs: passes over the training split; the last `calm_epochs` of them with `CALM` views.
        batch: faces a step.
        peak_rate, warmup: learning rate after linear warm-up over this share of all steps; then cosine to zero.
        weight_decay: on convolution and dense kernels only, added to their gradients.
        clip: largest norm of the whole gradient.
        smoothing: label smoothing of the expression head.
        votes_weight: weight of the auxiliary loss on FER+ votes, where the data has them.
        ema_decay: decay of the moving average of the weights, which is what is evaluated and published.
        crop_px: side of the training views; evaluation sees the whole 48 pixels.
        seed: of initial weights, order and views.
    """

    arch: str = "vgg-face"
    options: dict[str, Any] = field(default_factory=lambda: {"width": 0.5})
    epochs: int = 36
    calm_epochs: int = 4
    batch: int = 128
    peak_rate: float = 0.08
    warmup: float = 0.2
    weight_decay: float = 5e-4
    clip: float = 5.0
    smoothing: float = 0.1
    votes_weight: float = 0.6
    ema_decay: float = 0.999
    crop_px: int = 40
    seed: int = 0


@dataclass(frozen=True, slots=True)
class EpochResult:
    """One line of `metrics.jsonl`: losses and accuracies are 0 to 1, time is in seconds since the run began."""

    epoch: int
    epochs: int
    loss: float
    training_accuracy: float
    accuracy: float
    best_accuracy: float
    rate: float
    seconds: float


def find_commit() -> str:
    """The commit of the project's code; `unknown` where this is no checkout, `-dirty` appended where it was changed."""
    folder = Path(__file__).parent.parent
    if not (folder / ".git").exists():
        return "unknown"
    try:
        commit, changes = (_git(folder, *words) for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno")))
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{commit}-dirty" if changes else commit


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603 - fixed words


def train(
    data: LabelledFaces,
    settings: TrainSettings,
    folder: Path,
    *,
    origin: RunOrigin | None = None,
    resume: bool = False,
    on_step: Callable[[int, int], object] | None = None,
    on_epoch: Callable[[EpochResult], object] | None = None,
) -> Path:
    """Train a network and keep the best moving average on PublicTest.

    Args:
        data: labelled faces with a Training and a PublicTest split.
        settings: the run; a resumed run must have the same.
        folder: receives `checkpoint.npz`, `best.npz`, `metrics.jsonl`, `settings.json` and `origin.json`.
        origin: where data and code came from, for the card; the data's hash is filled in here.
        resume: continue after the last finished epoch; the epochs that follow are those of an unbroken run.
        on_step: called with the step within the epoch and the number of steps.
        on_epoch: called after each epoch.

    Returns:
        The path of `best.npz`.

    Raises:
        DataError: a split is empty or smaller than a batch, or the folder holds another run.
    """
    training, held_out = data.split(TRAINING), data.split(PUBLIC_TEST)
    steps = len(training) // settings.batch
    if not steps or not len(held_out):
        raise DataError(
            f"expected at least {settings.batch} Training faces (one batch) and some PublicTest faces; "
            f"found {len(training)} and {len(held_out)}. Add data or lower --batch."
        )
    run = _Run(settings, steps, with_votes=bool(data.votes.any()))
    _prepare(folder, settings, replace(origin or RunOrigin(), sha256=data.sha256), resume)
    state = run.restore(folder / CHECKPOINT) if resume else {"epoch": 0, "best": 0.0, "seconds": 0.0}
    started = time.monotonic() - state["seconds"]
    best = state["best"]
    for epoch in range(int(state["epoch"]), settings.epochs):
        losses, hits = [], 0.0
        for step, batch in enumerate(_prefetch(_batches(training, settings, epoch)), 1):
            loss, right = run.step(*batch)
            losses.append(float(loss))
            hits += float(right)
            if on_step:
                on_step(step, steps)
        accuracy = run.accuracy(held_out)
        if accuracy >= best:
            best = accuracy
            _save(folder / BEST, {weight.path: weight.numpy() for weight in run.average.weights})
        result = EpochResult(
            epoch=epoch + 1,
            epochs=settings.epochs,
            loss=float(np.mean(losses)),
            training_accuracy=hits / (steps * settings.batch),
            accuracy=accuracy,
            best_accuracy=best,
            rate=float(run.optimizer.learning_rate.numpy()),
            seconds=round(time.monotonic() - started, 1),
        )
        with (folder / METRICS).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(result)) + "\n")
        _save(folder / CHECKPOINT, run.arrays() | {"epoch": epoch + 1, "best": best, "seconds": result.seconds})
        if on_epoch:
            on_epoch(result)
    return folder / BEST


class _Run:
    """Network, its moving average and the optimizer; one compiled step."""

    def __init__(self, settings: TrainSettings, steps: int, *, with_votes: bool) -> None:
        import keras
        import tensorflow as tf

        keras.utils.set_random_seed(settings.seed)
        options = settings.options | ({"votes": len(VOTE_COLUMNS)} if with_votes else {})
        self.settings, self.with_votes = settings, with_votes
        self.network = networks.build(settings.arch, options, training=True)
        self.average = networks.build(settings.arch, options, training=True)
        self.average.set_weights(self.network.get_weights())
        self.optimizer = keras.optimizers.SGD(_schedule(settings, steps), momentum=0.9, nesterov=True)
        self.optimizer.build(self.network.trainable_variables)
        self.step = tf.function(self._step, reduce_retracing=True)

    def _step(self, views: tf.Tensor, targets: tf.Tensor, votes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        import tensorflow as tf

        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            outputs = self.network(views, training=True)
            logits = outputs[0] if self.with_votes else outputs
            smooth = targets * (1 - self.settings.smoothing) + self.settings.smoothing / len(EMOTIONS)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smooth, logits))
            if self.with_votes:
                # A face without votes has a row of zeros and so adds nothing.
                crowd = tf.nn.softmax_cross_entropy_with_logits(votes, outputs[1])
                loss += self.settings.votes_weight * tf.reduce_mean(crowd)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), self.settings.clip)
        decayed = [
            gradient + self.settings.weight_decay * variable if variable.path.endswith("kernel") else gradient
            for gradient, variable in zip(gradients, variables, strict=True)
        ]
        self.optimizer.apply(decayed, variables)
        self._update_average()
        right = tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == tf.argmax(targets, 1), tf.float32))
        return loss, right

    def _update_average(self) -> None:
        import tensorflow as tf

        taken = tf.cast(self.optimizer.iterations, tf.float32)
        decay = tf.minimum(self.settings.ema_decay, (1 + taken) / (10 + taken))
        for mean, weight in zip(self.average.weights, self.network.weights, strict=True):
            mean.assign(decay * mean + (1 - decay) * weight)

    def accuracy(self, data: LabelledFaces, batch: int = 512) -> float:
        """Share of faces that the moving average gets right, seen whole."""
        right = 0
        for at in range(0, len(data), batch):
            outputs = self.average(standardise(data.faces[at : at + batch]), training=False)
            logits = outputs[0] if self.with_votes else outputs
            right += int((np.argmax(logits, 1) == data.labels[at : at + batch]).sum())
        return right / len(data)

    def arrays(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        groups = {"network": self.network.weights, "average": self.average.weights, "sgd": self.optimizer.variables}
        return {
            f"{group}/{number}": value.numpy()
            for group, values in groups.items()
            for number, value in enumerate(values)
        }

    def restore(self, path: Path) -> dict[str, float]:
        """Take the state of a checkpoint; returns its epoch, best accuracy and seconds."""
        if not path.is_file():
            raise DataError(f"{path}: expected a checkpoint to resume from; found none. Start without --resume.")
        with np.load(path) as saved:
            for group, values in (
                ("network", self.network.weights),
                ("average", self.average.weights),
                ("sgd", self.optimizer.variables),
            ):
                for number, value in enumerate(values):
                    value.assign(saved[f"{group}/{number}"])
            return {name: float(saved[name]) for name in ("epoch", "best", "seconds")}


def _schedule(settings: TrainSettings, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    import keras

    total = settings.epochs * steps
    warmup = math.ceil(settings.warmup * total)
    return keras.optimizers.schedules.CosineDecay(
        0.0, total - warmup, warmup_target=settings.peak_rate, warmup_steps=warmup
    )


def _batches(data: LabelledFaces, settings: TrainSettings, epoch: int) -> Iterator[Batch]:
    """Standardised views (B, C, C, 1), one-hot labels (B, 7) and votes (B, 8); a seed of its own for each epoch."""
    random = np.random.default_rng((settings.seed, epoch))
    how = CALM if epoch >= settings.epochs - settings.calm_epochs else Augmentation()
    order = random.permutation(len(data))
    identity = np.eye(len(EMOTIONS), dtype=np.float32)
    for at in range(0, len(data) - settings.batch + 1, settings.batch):
        rows = order[at : at + settings.batch]
        views = augment(data.faces[rows], settings.crop_px, random, how)
        yield standardise(views), identity[data.labels[rows]], data.votes[rows]


def _prefetch(batches: Iterator[Batch], ahead: int = 4) -> Iterator[Batch]:
    """Prepare batches in a thread, so that the network never waits for views."""
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(ahead)

    def fill() -> None:
        try:
            for batch in batches:
                ready.put(batch)
            ready.put(None)
        except BaseException as error:  # noqa: BLE001 - carried to the consumer, which raises it
            ready.put(error)

    threading.Thread(target=fill, daemon=True).start()
    while (item := ready.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


def _prepare(folder: Path, settings: TrainSettings, origin: RunOrigin, resume: bool) -> None:
    described = {SETTINGS: asdict(settings), ORIGIN: asdict(origin)}
    if resume and (folder / SETTINGS).is_file():
        _expect(folder / SETTINGS, described[SETTINGS], "settings")
        if (folder / ORIGIN).is_file():
            earlier = json.loads((folder / ORIGIN).read_text("utf-8"))
            _expect(folder / ORIGIN, earlier | {"sha256": origin.sha256}, "labelled faces")
        return
    if (folder / CHECKPOINT).exists():
        raise DataError(f"{folder}: holds a training run already. Add --resume to go on, or name another --run folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in described.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _expect(path: Path, described: dict[str, Any], what: str) -> None:
    if json.loads(path.read_text("utf-8")) != json.loads(json.dumps(described)):
        raise DataError(f"{path}: expected the {what} of the run to resume; found others. Use a new --run folder.")


def _save(path: Path, arrays: dict[str, NDArray[Any] | Any]) -> None:
    """Write beside and rename, so that a kill leaves the old file or the new one."""
    beside = path.with_name(f".{path.name}")
    with beside.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
