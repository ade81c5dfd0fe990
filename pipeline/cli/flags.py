"""Settings as the command line writes them: the library names a setting, the person typed a flag."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from ..errors import SettingError

if TYPE_CHECKING:
    from ..errors import FerVideoError

FLAGS = {
    # analyze
    "fps": "--fps",
    "every": "--every",
    "frames": "--frames",
    "keyframes": "--keyframes",
    "min_face_px": "--min-face",
    "face_threshold": "--face-threshold",
    "min_confidence": "--min-confidence",
    "min_readable": "--min-readable",
    "min_group": "--min-group",
    "min_is_face": "--min-is-face",
    "model": "--model",
    "location": "--location",
    "camera": "--camera",
    "start": "--start",
    "timezone": "--timezone",
    "stream": "--stream",
    "rate": "--rate",
    "db": "--db",
    "db_patience": "--db-patience",
    "device": "--device",
    "workers": "--workers",
    "threads": "--threads",
    "force": "--force",
    "again": "--again",
    # place
    "reset": "--reset",
    "rename": "--rename",
    "unite": "--unite",
    # forget, privacy and audit-log
    "before": "--before",
    "between": "--between",
    "expired": "--expired",
    "keep_hourly": "--keep-hourly",
    "yes": "--yes",
    "keep": "--keep",
    "cameras_file": "--cameras",
    # notice
    "controller": "--controller",
    "contact": "--contact",
    "lang": "--lang",
    "retention": "--retention",
    # visits
    "visit_gap": "--visit-gap",
    # annotate
    "out": "--out",
    # report
    "video": "--video",
    "run": "--run",
    "since": "--since",
    "until": "--until",
    "min_sharpness": "--min-sharpness",
    "compare": "--compare",
    "count_overlaps": "--count-overlaps",
    "count_as": "--count-as",
    "html": "--html",
    "csv": "--csv",
    "json": "--json",
    "excel": "--excel",
    "faces": "--faces",
    # retrain, evaluate and models; here the labelled faces are the argument DATA
    "data": "DATA",
    "moved_data": "--data",
    "ferplus": "--ferplus",
    "audit": "--audit",
    "videos": "--videos",
    "weights": "--weight",
    "skip_bad": "--skip-bad",
    "detect": "--detect",
    "clean": "--keep-duplicates",
    "classes": "--classes",
    "split": "--split",
    "base": "--base",
    "replay": "--replay",
    "replay_share": "--replay-share",
    "teachers": "--teacher",
    "teacher_weight": "--teacher-weight",
    "arch": "--arch",
    "width": "--width",
    "target": "--target",
    "views": "--views",
    "mixup": "--mixup",
    "epochs": "--epochs",
    "calm_epochs": "--calm-epochs",
    "batch": "--batch",
    "peak_rate": "--rate",
    "head_epochs": "--head-epochs",
    "precision": "--precision",
    "seed": "--seed",
    "folds": "--folds",
    "resume": "--resume",
    "heads": "--heads",
    "reading": "--reading",
    "nobody": "--no-faces",
    "fitted": "--fitted",
    "even_if_worse": "--even-if-worse",
    "card": "--card",
}
"""The flag of each setting that a message names."""

_MARKED = re.compile(r"`(\w+)`")


def spell(message: str) -> str:
    """A message of the library with the flags of the settings that it names in backticks."""
    return _MARKED.sub(lambda found: FLAGS.get(found[1], found[0]), message)


def told(error: FerVideoError) -> str:
    """An error in the words of the command line; a setting that came from a file keeps the file's name for it."""
    if isinstance(error, SettingError) and error.where is None:
        return spell(error.describe(said_by(FLAGS.get(error.setting, error.setting))))
    return spell(str(error))


def said_by(flag: str) -> str:
    """A flag, or the variable of the environment that says it where nobody typed the flag."""
    variable = f"FER_VIDEO_{flag.removeprefix('--').upper().replace('-', '_')}"
    typed = any(word == flag or word.startswith(f"{flag}=") for word in sys.argv[1:])
    return variable if flag.startswith("--") and os.environ.get(variable) and not typed else flag
