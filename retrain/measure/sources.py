"""A model measured on each of several sources of labelled faces by itself. It prints nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.models.seen import fingerprint
from pipeline.plurals import count
from pipeline.records import EXPRESSIONS

from ..data.faces import held_out
from ..data.sources import keep_classes, load_source, name_first
from .evaluate import measure
from .heads import open_head
from .truth import by_labels, by_people, describe_people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.models.card import ModelCard
    from pipeline.models.folder import StoredModel

    from ..data.faces import LabelledFaces
    from ..data.sources import DataOptions
    from .evaluate import Measured
    from .truth import Truth


def measure_sources(
    model: StoredModel,
    sources: DataOptions,
    split_asked: str | None = None,
    device: str = "cpu",
    on_note: Callable[[str], object] = lambda _: None,
) -> Iterator[Measured]:
    """Measure a model on each source by itself, and by what most people call its faces too where there are votes.

    Args:
        model: with its calibration.
        sources: labelled faces, and the expressions among which the model has to choose.
        split_asked: one split; None for each held-out split, or all faces of a source without splits.
        device: as in `pipeline.inference.runtime`.
        on_note: called with what would make the figures mean something else than the reader takes them for.

    Raises:
        DataError: a source cannot be read, or has no such faces.
        ModelError: the weights cannot be read.
    """
    unknown = _describe_unknown(model.card, sources.classes)
    if unknown:
        on_note(unknown)
    for number in range(sources.count):
        whole = load_source(sources, number)
        faces = keep_classes(whole, sources.classes)
        for note in (*faces.notes, *name_first("unreadable", faces.unreadable)):
            on_note(note)
        for split, part in held_out(faces, split_asked):
            for note in _describe_missing(part, split, sources.classes):
                on_note(note)
            known = count_known(model, part)
            if known:
                these = f"{known:,} of these {count(len(part), 'face')} of {part.source}"
                on_note(f"{model.card.name} was trained on {these}: on others it is worse than it looks here.")
            yield _measure(model, by_labels(part), split, sources.classes, device)
            # Not of the part: a face may be called happy by FER+ alone.
            asked = whole.split(split) if split else whole
            if asked.voted.any():
                voted = by_people(asked, sources.classes)
                on_note(describe_people(asked, voted, sources.classes))
                if len(voted.clear):
                    yield _measure(model, voted, split, sources.classes, device)


def _measure(model: StoredModel, truth: Truth, split: str, classes: Sequence[str], device: str) -> Measured:
    found = measure(open_head(model, truth.head, device), truth, split, classes)
    return replace(found, known=count_known(model, truth.faces))


def count_known(model: StoredModel, faces: LabelledFaces) -> int | None:
    """How many faces a model was trained on, pixel by pixel; None where that was not noted."""
    seen = model.seen()
    return None if seen is None else int(np.isin(fingerprint(faces.faces), seen).sum())


def _describe_missing(part: LabelledFaces, split: str, classes: Sequence[str]) -> Iterator[str]:
    if not split:
        yield (
            f"{part.source} has no splits: all {len(part)} faces are measured. A model that was trained on some of "
            "them looks better than it is; put the others into a folder test/."
        )
    labelled = {EXPRESSIONS[label] for label in set(part.labels.tolist())}
    missing = [name for name in classes if name not in labelled]
    if missing:
        kept = ",".join(name for name in classes if name in labelled)
        yield (
            f"{part.source} has no faces labelled {', '.join(missing)}; where the model says so it counts as wrong. "
            f"`classes` {kept} lets it choose among the others only."
        )


def _describe_unknown(card: ModelCard, classes: Sequence[str]) -> str:
    """Expressions that the model cannot say are wrong on every face that shows them."""
    unknown = [name for name in classes if name not in card.trained]
    if not unknown:
        return ""
    known = ",".join(name for name in classes if name in card.trained)
    others = f" `classes` {known} measures the others only." if "," in known else ""
    return f"{card.name} was not trained on {', '.join(unknown)}: every face labelled so counts as wrong.{others}"
