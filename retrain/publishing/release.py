"""A run is measured on its own faces, compared with the active model, and put where models are. It prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.errors import ModelError
from pipeline.inference.runtime import silence
from pipeline.models.card import Readability
from pipeline.models.folder import active_name, find_model, read_model, store_folder

from ..data.nobody import read_nobody
from ..data.sources import DataOptions, read_replay_held_out, read_sources
from ..training.frozen_heads import learn_heads
from ..training.reading_head import READING_HEAD, learn_reading
from .averaging import average
from .fitted import read_fitted
from .publish import check_name, name_after, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pipeline.models.card import ModelCard
    from pipeline.models.folder import StoredModel

    from ..data.faces import LabelledFaces
    from ..training.runs import FinishedRun
    from .gate import Comparison


@dataclass(frozen=True, slots=True)
class Reading:
    """How the head that says what can be read is learned.

    Attributes:
        nobody: pictures, videos and folders of them in which no face is seen.
        fitted: file with the regressions that judge by it; None for those of the run's base, or for its own word.
    """

    nobody: tuple[str, ...] = ()
    fitted: Path | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """What came out.

    Attributes:
        model: in the folder of models, or in the run's own where it was only measured.
        earlier: card of the model whose place it took; None where there was none.
        is_active: whether `analyze` takes it from now on.
    """

    model: StoredModel
    earlier: ModelCard | None = None
    is_active: bool = False


def release(
    run: FinishedRun,
    name: str | None,
    root: Path | None,
    faces: LabelledFaces | None = None,
    *,
    others: Sequence[FinishedRun] = (),
    heads: bool = False,
    reading: Reading | None = None,
    even_if_worse: bool = False,
    quick: bool = False,
    on_note: Callable[[str], object] = lambda _: None,
    on_compared: Callable[[Comparison], object] = lambda _: None,
    on_measured: Callable[[StoredModel], object] = lambda _: None,
) -> Released:
    """Measure a run on its faces and write its model.

    Args:
        run: the training run.
        name: of the model; None for that of the run's folder.
        root: the folder of models; None for measuring only.
        faces: that it was trained with; None to read them again.
        others: runs whose weights are averaged with its own.
        heads: learn those of seven anew on the features of what was averaged.
        reading: how the head that says what can be read is learned; None to keep that of the run's base, if it has one.
        even_if_worse: publish what the gate refuses.
        quick: leave out the conditions.
        on_note: called with what a person should know.
        on_compared: called with each comparison with the active model.
        on_measured: called with the model in the run's folder, before the gate.

    Raises:
        ModelError: the name or the weights do not fit, a folder cannot be written, or the gate refuses.
        DataError: the faces cannot be read, or are not those of the run.
    """
    name = name or name_after(run.folder)
    check_name(name)
    silence()
    data = faces if faces is not None else read_sources(run.origin.sources)[0]
    run = average([run, *others], data) if others else run
    if heads:
        run = learn_heads(run, data)
    if reading is not None:
        run = learn_reading(run, data, read_nobody(reading.nobody))
    run = _judge_by(run, reading.fitted if reading else None)
    try:
        rival = find_model()
    except ModelError as error:
        rival = None
        on_note(f"Not compared with the active model: {error}")
    earlier = _read_earlier(root / name) if root else None
    model = publish(
        run, name, data, root,
        rival=rival, replayed=read_replay_held_out(run.origin.sources), even_if_worse=even_if_worse, quick=quick,
        on_compared=on_compared, on_measured=on_measured,
    )  # fmt: skip
    return Released(model, earlier, root == store_folder() and _is_active(name))


def _is_active(name: str) -> bool:
    """Whether `analyze` takes this model; a choice that cannot be read is none."""
    try:
        return name == active_name()
    except ModelError:
        return False


HEAD_ALONE = Readability(
    facts=("reading_readable", "reading_face"),
    readable=(1.0, 0.0, 0.0),
    face=(0.0, 1.0, 0.0),
    fitted_on="nothing beside the head's own examples: what the head says is taken at its word",
)
"""For a head that nothing was fitted for yet."""


def _judge_by(run: FinishedRun, path: Path | None) -> FinishedRun:
    """The run with the regressions and the prior of a file, of its base, or with what its head says alone."""
    origin = run.origin
    if path is not None:
        fitted = read_fitted(path)
        origin = replace(origin, readability=fitted.readability, prior=fitted.prior)
    elif f"{READING_HEAD}/kernel" in run.weights:
        origin = replace(origin, readability=origin.readability or HEAD_ALONE)
    else:
        origin = replace(origin, readability=None)
    return replace(run, origin=origin)


def move_sources(run: FinishedRun, data: Sequence[str], ferplus: str | None, replay: str | None) -> FinishedRun:
    """The run with the places that its faces have moved to; what is empty or None stays where it was."""
    known = run.origin.sources
    # What a run without a note of its data left out of Training is not known; the card takes it to be nothing.
    known = known if known.count or run.is_remade else DataOptions(clean=False)
    sources = replace(
        known, data=tuple(data) or known.data, ferplus=ferplus or known.ferplus, replay=replay or known.replay
    )
    return replace(run, origin=replace(run.origin, sources=sources))


def _read_earlier(folder: Path) -> ModelCard | None:
    """The card of the model that is about to be replaced; None where there is none that can be read."""
    try:
        return read_model(folder).card
    except ModelError:
        return None
