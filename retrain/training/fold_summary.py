"""What a cross-validation found over all parts: figures, confusion and a card, beside the runs of its folds."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from pipeline.files import write_whole
from pipeline.models.card import Evaluation  # noqa: TC001 - msgspec reads the annotations

from ..measure import pictures
from ..measure.evaluate import CLASS_COLUMNS, class_rows, evaluate_confusion, macro_f1, markdown_table, mean_recall
from .resuming import writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..data.faces import LabelledFaces
    from .folds import FoldScore
    from .runs import RunOrigin
    from .settings import TrainSettings

SUMMARY, CARD, CONFUSION = "summary.json", "README.md", "confusion.svg"


@dataclass(frozen=True, slots=True)
class FoldSummary:
    """A cross-validation.

    Attributes:
        data, sha256: name and hash of the faces that were dealt out.
        persons: how many the file names tell apart; 0 where parts were dealt by face.
        folds: accuracy (0 to 1, after the last epoch, before calibration) and faces of each part.
        mean, spread: of the parts' accuracies, and their sample standard deviation.
        pooled: all parts' faces together, each answered by the network that did not see it.
        macro_f1: mean F1 of the expressions that any face shows.
        settings, commit, libraries: as of each run.
    """

    data: str
    sha256: str
    persons: int
    folds: tuple[FoldScore, ...]
    mean: float
    spread: float
    pooled: Evaluation
    macro_f1: float
    settings: dict[str, Any]
    commit: str
    libraries: dict[str, str]


def summarise(
    data: LabelledFaces, scores: Sequence[FoldScore], settings: TrainSettings, origin: RunOrigin
) -> FoldSummary:
    """Put the parts of a cross-validation together."""
    accuracies = [score.accuracy for score in scores]
    mean = sum(accuracies) / len(accuracies)
    spread = math.sqrt(sum((one - mean) ** 2 for one in accuracies) / (len(accuracies) - 1))
    counts = np.sum([score.confusion for score in scores], axis=0)
    pooled = evaluate_confusion(counts, f"{data.source}, {len(scores)} held-out parts together")
    persons = len({name for name in data.subjects.tolist() if name})
    return FoldSummary(
        data.source, data.sha256, persons, tuple(scores), mean, spread, pooled, macro_f1(pooled),
        asdict(settings), origin.commit, origin.libraries,
    )  # fmt: skip


def write_summary(folder: Path, summary: FoldSummary) -> None:
    """Write `summary.json`, `confusion.svg` and a card for people, `README.md`, into a cross-validation's folder.

    Raises:
        DiskError: they cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"
    with writing(folder):
        write_whole(folder / SUMMARY, content)
        write_whole(folder / CONFUSION, pictures.confusion_matrix(summary.pooled).encode())
        write_whole(folder / CARD, card(summary).encode())


def card(summary: FoldSummary) -> str:
    """The cross-validation as Markdown."""
    pooled, (low, high) = summary.pooled, summary.pooled.interval
    by = f"by person ({summary.persons} are told apart)" if summary.persons else "by face, as no persons are named"
    parts = [
        (str(number), f"{score.faces:,}", f"{score.accuracy:.1%}") for number, score in enumerate(summary.folds, 1)
    ]
    libraries = ", ".join(f"{name} {version}" for name, version in summary.libraries.items())
    settings = [(name, f"`{msgspec.json.encode(value).decode()}`") for name, value in summary.settings.items()]
    return (
        f"# Cross-validation of {summary.settings['arch']}\n\n"
        f"{summary.data}, dealt out into {len(parts)} parts, {by}; hash of pixels, labels and splits "
        f"`{summary.sha256}`. Each part was held out once, and a network was trained on the others. Nothing was chosen "
        "by the held-out parts: figures are those after the last epoch, before calibration. They say what these "
        "settings are worth on such faces, and are those of no single model: `fer-video retrain` without `--folds` "
        "trains one.\n\n"
        f"Mean of the parts {summary.mean:.1%} ± {summary.spread:.1%} (standard deviation). All faces together "
        f"{pooled.accuracy:.1%} of {pooled.faces:,} (95 % interval {low:.1%} to {high:.1%}, as if faces were "
        f"independent), mean recall {mean_recall(pooled):.1%}, macro F1 {summary.macro_f1:.3f}.\n\n"
        f"{markdown_table(('part', 'faces', 'accuracy'), parts)}\n{markdown_table(CLASS_COLUMNS, class_rows(pooled))}\n"
        f"![Confusion matrix: rows are labels, columns predictions]({CONFUSION})\n\n## Settings\n\n"
        f"Code at commit `{summary.commit}`. {f'Computed with {libraries}.' if libraries else ''}\n\n"
        f"{markdown_table(('setting', 'value'), settings)}"
    )
