"""How each architecture is trained unless told otherwise: the papers' own settings, where they give them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingError
from pipeline.inference.runtime import choose_device, computes_bfloat16
from pipeline.models.folder import find_model
from pipeline.networks import vgg_face_224

from .augment import CALM_VIEWS, VIEWS
from .runs import BEST, FinishedRun, read_run
from .settings import TrainSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.records import Floats

HEADS = ("labels", "reading")
"""Options of a model's card by which its network has further heads."""

SMALL_BATCH = 16
"""Faces a step at least, where there are too few for the recipe's batch."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """An architecture's settings, and what its authors reported.

    Attributes:
        settings: defaults of `retrain --arch`.
        paper: the authors' accuracy on FER-2013, percent; None where there is none.
        source: where settings and figure come from, and what is our reading.
        base: what they started from; elsewhere their figure says nothing.
    """

    settings: TrainSettings
    paper: float | None
    source: str
    base: str = "scratch"

    def __str__(self) -> str:
        """What there is to compare a run with, and how far its settings are the authors' own."""
        figure = f"Its authors report {self.paper:g} % on FER-2013. " if self.paper else ""
        return f"{figure}Settings unless named otherwise: {self.source}."


_PAPER = TrainSettings(
    options={}, calm_epochs=0, batch=128, optimizer="adam", schedule="constant", peak_rate=1e-3, warmup=0.0,
    weight_decay=0.0, smoothing=0.0, ema_decay=0.0, crop_px=48, views="none", pixels="unit",
)  # fmt: skip
"""What the studies share: Adam at Keras' rate, pixels from 0 to 1, no average of the weights."""

_NORMED = replace(_PAPER, schedule="cooldown")
"""The same with batch normalisation, whose running means lag behind Adam's steps until these get smaller; measured in
.docs/training-notes.md."""

RECIPES = {
    "vgg-face": Recipe(TrainSettings(), None, "our own recipe; see the model's card"),
    "vgg-face-224": Recipe(
        replace(_PAPER, arch="vgg-face-224", epochs=20, batch=16, peak_rate=1e-4, views="mirror"),
        None,
        "fine-tuning of Parkhi et al. 2015; the rate is ours",
    ),
    "thuyloi-8block": Recipe(
        replace(_NORMED, arch="thuyloi-8block", epochs=100, batch=128, views="mirror"),
        66.3,
        "Thuyloi University: batch 128, 100 epochs, pixels 0 to 1; optimizer, rate and views are our reading",
    ),
    "hcmus-shallow": Recipe(
        replace(_NORMED, arch="hcmus-shallow", epochs=15),
        56.31,
        "HCMUS; batch, epochs, optimizer and rate are our reading",
    ),
    "hcmus-deep": Recipe(
        replace(_NORMED, arch="hcmus-deep", epochs=30, peak_rate=5e-4),
        65.55,
        "HCMUS; batch, epochs, optimizer and rate are our reading",
    ),
    "aip391-baseline": Recipe(
        replace(_PAPER, arch="aip391-baseline", epochs=100),
        63.0,
        "AIP391: 100 epochs, dropout 0.2; batch, optimizer and rate are our reading",
    ),
    "aip391-vgg5": Recipe(
        replace(_NORMED, arch="aip391-vgg5", epochs=100, views="mirror", peak_rate=5e-4),
        69.3,
        "AIP391: 100 epochs, mirror, 10 degrees, 10 % zoom and shift; batch, dropout, optimizer and rate are our "
        "reading",
    ),
    "vgg16": Recipe(
        replace(_PAPER, arch="vgg16", epochs=30, batch=64, peak_rate=5e-4, views="mirror"),
        68.63,
        "CS331: rate 0.0005, dropout 0.2; batch, epochs, optimizer and views are our reading",
        base="imagenet",
    ),
    "resnet50": Recipe(
        replace(_PAPER, arch="resnet50", epochs=30, batch=64, peak_rate=5e-4, views="mirror"),
        65.94,
        "CS331: rate 0.0005, dropout 0.2; batch, epochs, optimizer and views are our reading",
        base="imagenet",
    ),
}


def recipe(arch: str) -> Recipe:
    """The recipe of an architecture.

    Raises:
        SettingError: the name is unknown.
    """
    found = RECIPES.get(arch)
    if found is None:
        raise SettingError("arch", f"one of {', '.join(RECIPES)}", repr(arch))
    return found


def choose(
    arch: str | None, base: str, changes: Mapping[str, Any], teachers: Sequence[str] = ()
) -> tuple[TrainSettings, dict[str, Floats]]:
    """As `settle`, with the precision that the device of this machine takes; looking at a GPU imports TensorFlow."""
    settings, weights = settle(arch, base, changes, teachers)
    return replace(settings, precision=resolve_precision(settings.precision)), weights


def settle(
    arch: str | None, base: str, changes: Mapping[str, Any], teachers: Sequence[str] = ()
) -> tuple[TrainSettings, dict[str, Floats]]:
    """Settings of a run, and the weights that it starts from; precision stays as it was asked for.

    Args:
        arch: architecture; None for the base's own, or vgg-face.
        base: `scratch`, `active`, the name of a model, the folder of a run, `vgg-face` or `imagenet`.
        changes: settings that the user named, and `width`; None where he did not.
        teachers: names of models whose answers are learned beside the labels.

    Raises:
        SettingError: a setting is none, or contradicts another one.
        ModelError: the base is not there.
    """
    settings, weights = _from_base(arch, base)
    named = {name: value for name, value in changes.items() if value is not None}
    width = named.pop("width", None)
    if width is not None:
        if settings.arch != "vgg-face" or weights:
            raise SettingError(
                "width",
                "`arch` vgg-face and `base` scratch beside it",
                f"{settings.arch} and {settings.base}",
                "A base has its own width.",
            )
        settings = replace(settings, options={"width": width})
    calm = _calm_epochs(settings, named)
    settings = replace(settings, **named)
    _check_changes(settings, named)
    _check_target(settings)
    return replace(
        settings,
        teachers=tuple(teachers),
        calm_epochs=calm,
        head_epochs=min(settings.head_epochs, settings.epochs - 1),
    ), weights


def _check_changes(settings: TrainSettings, named: Mapping[str, Any]) -> None:
    """Refuse settings that are none, and those that would change nothing."""
    for name, value in (("peak_rate", settings.peak_rate), ("mixup", settings.mixup)):
        if not math.isfinite(value):
            raise SettingError(name, "a number", value)
    if settings.views not in VIEWS:
        raise SettingError("views", f"one of {', '.join(VIEWS)}", repr(settings.views))
    if settings.precision not in {"auto", "float32", "bfloat16"}:
        raise SettingError("precision", "auto, float32 or bfloat16", repr(settings.precision))
    if named.get("head_epochs"):
        if settings.base == "scratch":
            raise SettingError("head_epochs", "a `base` whose other layers know something", "scratch")
        if named["head_epochs"] >= settings.epochs:
            raise SettingError("head_epochs", f"fewer than the {settings.epochs} of `epochs`", named["head_epochs"])
    if named.get("calm_epochs") and CALM_VIEWS[settings.views] == VIEWS[settings.views]:
        raise SettingError("calm_epochs", "`views` shop or spoilt, which have calm ones", settings.views)


def _check_target(settings: TrainSettings) -> None:
    if settings.target not in {"labels", "votes"}:
        raise SettingError("target", "labels or votes", repr(settings.target))
    if settings.target == "votes" and settings.arch != "vgg-face":
        raise SettingError("target", "`arch` vgg-face beside votes, which has heads for both", settings.arch)


def _calm_epochs(before: TrainSettings, named: Mapping[str, Any]) -> int:
    """Calm epochs as named; else as before, but in a shorter run a quarter of it, or the share that they had before."""
    epochs = named.get("epochs", before.epochs)
    if "calm_epochs" in named:
        return int(min(named["calm_epochs"], epochs))
    return int(min(before.calm_epochs, max(epochs // 4, round(epochs * before.calm_epochs / before.epochs))))


def fit_batch(settings: TrainSettings, faces: int) -> TrainSettings:
    """The same settings with batches so small that an epoch of so many Training faces has eight steps at least."""
    batch = settings.batch
    while batch * 8 > faces and batch > SMALL_BATCH:
        batch //= 2
    return replace(settings, batch=batch)


def _from_base(arch: str | None, base: str) -> tuple[TrainSettings, dict[str, Floats]]:
    if base == "scratch":
        return recipe(arch or "vgg-face").settings, {}
    if base == "imagenet":
        if arch not in {"vgg16", "resnet50"}:
            raise SettingError("base", "`arch` vgg16 or resnet50 beside imagenet", arch or "none")
        return replace(recipe(arch).settings, options={"weights": "imagenet"}, base=base), {}
    if base == "vgg-face":
        _expect_arch(arch, "vgg-face-224", base)
        weights = vgg_face_224.read_weights(vgg_face_224.fetch_weights())
        return replace(recipe("vgg-face-224").settings, base=base, head_epochs=3), weights
    if (Path(base) / BEST).is_file():
        run = read_run(Path(base))
        _expect_arch(arch, run.settings.arch, base)
        return continuing(run), dict(run.weights)
    model = find_model(None if base == "active" else base)
    _expect_arch(arch, model.card.arch, base)
    settings = replace(
        recipe(model.card.arch).settings,
        # Heads beside that for expressions are added where they are trained.
        options={name: value for name, value in model.card.options.items() if name not in HEADS},
        target=model.card.training.settings.get("target", "labels"),
        pixels=model.card.preprocessing.pixels,
        crop_px=model.card.preprocessing.view_px,
        base=model.card.name,
    )
    return fine_tuning(settings), model.weights()


def _expect_arch(found: str | None, expected: str, base: str) -> None:
    if found not in {None, expected}:
        raise SettingError("base", f"`arch` {expected}, or none, beside {base}", found)


def resolve_precision(asked: str) -> str:
    """`auto` → bfloat16 on a GPU that computes in it, else float32.

    On two cores with AVX512-BF16 a step of the half-width vgg-face took 1.7 times as long in bfloat16
    (.docs/training-notes.md).
    """
    if asked != "auto":
        return asked
    return "bfloat16" if computes_bfloat16(choose_device("auto")) else "float32"


def continuing(run: FinishedRun) -> TrainSettings:
    """Settings for going on from a finished run's best epoch: the same with a warm restart at half the rate.

    Restarting the cosine (Loshchilov and Hutter 2017) is how a network is trained in several stretches.
    """
    return replace(
        run.settings,
        options=run.settings.layout,
        base=f"{run.settings.base}, run {run.folder.name}",
        peak_rate=run.settings.peak_rate / 2,
        warmup=0.05,
        head_epochs=0,
    )


def fine_tuning(settings: TrainSettings) -> TrainSettings:
    """Settings for starting from a published model: its heads first, then everything at a tenth of the rate or less.

    Less in proportion to the batch (Goyal et al. 2017, section 2.1): at a tenth of vgg-face's rate, batches of 32
    instead of 128 lost 3 points of PublicTest in 12 epochs on 159 faces and as many replayed ones.
    """
    batch = min(32, settings.batch)
    return replace(
        settings,
        epochs=16,
        calm_epochs=0,
        batch=batch,
        keep="last",
        head_epochs=2,
        peak_rate=settings.peak_rate / 10 * batch / settings.batch,
        warmup=0.1,
        schedule="cosine",
    )
