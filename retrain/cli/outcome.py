"""What came of a training: a run's model for `--json`, and the parts of a cross-validation as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..publishing.gate import Comparison
    from ..publishing.release import Released
    from ..training.fold_summary import FoldSummary


def describe_outcome(
    folder: Path, done: Released, compared: Sequence[Comparison], *, is_published: bool
) -> dict[str, Any]:
    """A finished run as `retrain --json` prints it; accuracies are 0 to 1, time in seconds."""
    card = done.model.card
    found = card.calibration_figures
    return {
        "run": str(folder),
        "model": card.name,
        "folder": str(done.model.folder),
        "is_published": is_published,
        "is_active": done.is_active,
        "epoch": card.training.epochs,
        "epochs": card.training.settings["epochs"],
        "seconds": card.training.seconds,
        "accuracy_before_calibration": found.accuracy_before if found else None,
        "evaluation": card.evaluation,
        "labels_evaluation": card.labels_evaluation,
        "compared": list(compared),
        "data": card.data,
        "weights_sha256": card.weights_sha256,
        "commit": card.training.commit,
        "libraries": card.training.libraries,
        "licence": card.licence,
    }


def describe_folds(summary: FoldSummary) -> Iterator[str]:
    """The parts of a cross-validation, their mean and spread, and all their faces together, a line each."""
    from ..measure.evaluate import mean_recall

    pooled, (low, high) = summary.pooled, summary.pooled.interval
    yield f"{'fold':>6}  {'faces':>6}  accuracy after the last epoch, before calibration"
    for number, score in enumerate(summary.folds, 1):
        yield f"{number:>6}  {score.faces:>6,}  {score.accuracy:.1%}"
    yield f"{'mean':>6}  {pooled.faces:>6,}  {summary.mean:.1%} ± {summary.spread:.1%}"
    yield (
        f"{'all':>6}  {pooled.faces:>6,}  {pooled.accuracy:.1%} ({low:.1%} to {high:.1%}), mean recall "
        f"{mean_recall(pooled):.1%}, macro F1 {summary.macro_f1:.3f}"
    )
