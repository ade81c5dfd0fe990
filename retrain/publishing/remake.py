"""A published model as a run, so that a head of it can be learned anew after the run itself is gone."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipeline.errors import ModelError
from pipeline.models.seen import encode_seen

from ..data.checks import tells_of_cleaning
from ..data.sources import DataOptions
from ..training.progress import EpochResult
from ..training.runs import FinishedRun, RunOrigin
from ..training.settings import TrainSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.models.card import ModelCard
    from pipeline.models.folder import StoredModel

LEARNED_ANEW = "What can be read is judged by a head"
"""How the note on a head for reading begins, which its successor takes the place of."""


@contextmanager
def as_run(model: StoredModel) -> Iterator[FinishedRun]:
    """What is known of the run that a model came from, with the model's own weights; its folder is gone afterwards.

    Raises:
        ModelError: the card does not say with which settings it was trained.
    """
    card = model.card
    try:
        settings = msgspec.convert(card.training.settings, TrainSettings)
    except msgspec.ValidationError as error:
        raise ModelError(
            f"model {card.name}: expected a card with the settings that it was trained with; {error}. Publish its run "
            "again."
        ) from error
    seen, right = model.seen(), card.evaluation.accuracy
    epoch = EpochResult(
        card.training.epochs, settings.epochs, 0.0, 0.0, right, right, 0.0, card.training.seconds
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="fer-video-remake-") as scratch:
        folder = Path(scratch) / card.name
        folder.mkdir()
        yield FinishedRun(
            folder,
            settings,
            _origin(card),
            (),
            epoch,
            model.weights(),
            notes=tuple(note for note in card.notes if not note.startswith(LEARNED_ANEW)),
            seen=b"" if seen is None else encode_seen(seen),
            is_remade=True,
        )


def _origin(card: ModelCard) -> RunOrigin:
    # The licence holds every term that was inherited; `licence.describe` says each of them once.
    return RunOrigin(
        commit=card.training.commit,
        sha256=card.data.sha256,
        # Where the faces lie is said anew; what was left out of them then is left out again.
        sources=DataOptions(clean=tells_of_cleaning(card.notes)),
        terms=(card.licence,),
        readability=card.readability,
        prior=card.calibration.prior,
        libraries=card.training.libraries,
        ancestors=card.ancestors,
    )
