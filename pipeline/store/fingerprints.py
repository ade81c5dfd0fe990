"""When are rows the same rows? A run's fingerprint: the hash of all that its rows depend on, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ..models.detector import read_record
from ..settings import SamplingMode

if TYPE_CHECKING:
    from ..models.card import Calibration, ModelCard
    from ..settings import Settings

ROWS_VERSION = 3
"""The meaning of the rows that this code writes. Raise it by one when the same video, settings and weights give other
rows than before: other frames, boxes, crops, probabilities, sharpness or pose, beyond what processors differ by, or a
column that is new or means something else. Every archive is then analysed anew, so do not raise it for anything else:
the program's own version, labels, reports and messages change no row. `tests/test_golden_rows.py` says when rows have
changed."""


def fingerprint(
    settings: Settings, card: ModelCard, *, detector: str | None = None, rows_version: int = ROWS_VERSION
) -> str:
    """The hash by which a run is known.

    Args:
        settings: sampling and detection count; the threshold of labels and the model's name do not.
        card: what the classifier and the judgement of what can be read compute with counts; figures and notes do not.
        detector: hash of the detector's weights; None for those that its graphs were made of.
        rows_version: meaning of the rows.

    Returns:
        64 hexadecimal digits.
    """
    described: dict[str, object] = {
        "rows": rows_version,
        "settings": describe_settings(settings),
        "detector": detector or read_record().weights_sha256,
        "classifier": {
            "weights": card.weights_sha256,
            "arch": card.arch,
            "options": card.options,
            "preprocessing": asdict(card.preprocessing),
            "calibration": _describe_calibration(card.calibration),
        },
    }
    if card.readability is not None:
        described["readability"] = asdict(replace(card.readability, fitted_on=""))
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _describe_calibration(calibration: Calibration) -> dict[str, object]:
    """A calibration without a prior is what it was before calibrations had one."""
    described = asdict(calibration)
    if not any(calibration.prior):
        del described["prior"]
    return described


def describe_settings(settings: Settings) -> dict[str, object]:
    """The settings that rows depend on, as `runs.settings` keeps them; the same rule is always the same text."""
    sampling = settings.sampling
    value = 0.0 if sampling.mode is SamplingMode.KEYFRAMES else float(sampling.value)
    return {
        "sampling": {"mode": sampling.mode.value, "value": value},
        "min_face_px": settings.min_face_px,
        "face_threshold": float(settings.face_threshold),
    }
