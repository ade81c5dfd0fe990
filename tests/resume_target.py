"""The real command line with fake networks that take their time, for tests that kill it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from fakes import FakeClassifier, FakeDetector

from pipeline.analyze import Stages
from pipeline.cli.analyze import make_analyze
from pipeline.cli.interrupts import answered

if TYPE_CHECKING:
    from pipeline.expressions import Answers
    from pipeline.records import Image


SLOW_S = float(os.environ.get("SLOW_MS", "2")) / 1000


class SlowClassifier(FakeClassifier):
    """Two milliseconds a face, or so many as are asked for, so that a kill finds work half done."""

    def classify(self, faces: Image) -> Answers:
        time.sleep(SLOW_S * len(faces))
        return super().classify(faces)


app = typer.Typer()
app.command()(make_analyze(lambda *_: Stages(FakeDetector(), SlowClassifier())))

if __name__ == "__main__":
    with answered():
        app(prog_name=Path(__file__).name)
