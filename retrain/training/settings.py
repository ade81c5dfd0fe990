"""Everything that decides how a network is trained, but for the faces."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.records import EXPRESSIONS


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One training run.

    Attributes:
        arch, options: architecture and its own options (`pipeline.networks.build`).
        classes: the expressions that are trained; the others never come out of the model.
        target: what the expression head learns: the faces' `labels`, or the distribution of their FER+ `votes` (a
            label that people gave counts as all of them); with votes a second head learns the labels.
        labels_weight: weight of that head's loss.
        epochs: passes over the training split; the last `calm_epochs` of them with calmer views.
        batch: faces a step.
        optimizer: `sgd` (Nesterov momentum 0.9) or `adam`.
        schedule: of the learning rate: `cosine`, `cooldown` or `constant` (`retrain.training.learner.rate_at`).
        peak_rate, warmup: highest learning rate, and the share of all steps in which it is reached.
        weight_decay: on convolution and dense kernels only, added to their gradients.
        clip: largest norm of the whole gradient.
        smoothing: label smoothing; votes are not smoothed.
        votes_weight: weight of the auxiliary loss on FER+ votes, where the data has them.
        ema_decay: decay of the moving average of the weights, which is what is evaluated and published.
        crop_px: side of the training views, and of the centre view by which the model classifies.
        views: random views of `retrain.training.augment.VIEWS`.
        mixup: how evenly two faces are blended into one view (`retrain.training.augment.mix`); 0 for single faces.
        pixels: how grey levels are scaled (`pipeline.expressions.scale_pixels`).
        base: the model that training starts from; `scratch` for random weights.
        teachers: models whose answers are learned beside the labels by the head that learns these, and by the
            expression head if they learned votes; each with the beginning of its weights' sha256.
        teacher_weight: the part of those answers in what is learned.
        keep: the epoch that is published: `best` on the held-out faces, or `last` where these are too few to choose by.
        head_epochs: first epochs in which only the heads of a base are trained and its normalisation stays.
        precision: `float32`, or `bfloat16` for the arithmetic of convolutions.
        seed: of initial weights, order and views.
    """

    arch: str = "vgg-face"
    options: dict[str, Any] = field(default_factory=lambda: {"width": 0.5})
    classes: tuple[str, ...] = EXPRESSIONS
    target: str = "labels"
    labels_weight: float = 0.8
    epochs: int = 52
    calm_epochs: int = 4
    batch: int = 128
    optimizer: str = "sgd"
    schedule: str = "cosine"
    peak_rate: float = 0.08
    warmup: float = 0.2
    weight_decay: float = 5e-4
    clip: float = 5.0
    smoothing: float = 0.1
    votes_weight: float = 0.6
    ema_decay: float = 0.999
    crop_px: int = 44
    views: str = "shop"
    mixup: float = 0.0
    pixels: str = "standardised"
    base: str = "scratch"
    teachers: tuple[str, ...] = ()
    teacher_weight: float = 0.5
    keep: str = "best"
    head_epochs: int = 0
    precision: str = "float32"
    seed: int = 0

    @property
    def layout(self) -> dict[str, Any]:
        """The options without `weights`, which a network is begun from: what is built for weights that are there."""
        return {name: value for name, value in self.options.items() if name != "weights"}

    def lengthens(self, earlier: TrainSettings) -> bool:
        """Whether these are the settings of an earlier run but for more epochs, and what is counted from its ends."""
        same = replace(self, epochs=earlier.epochs, calm_epochs=earlier.calm_epochs, head_epochs=earlier.head_epochs)
        return self.epochs > earlier.epochs and same == earlier

    @property
    def smoothed(self) -> float:
        """Probability of every trained expression in each target of the expression head, whatever the label."""
        if self.target == "votes":
            return 0.0
        part = 1 - self.teacher_weight if self.teachers else 1
        return part * self.smoothing / len(self.classes)
