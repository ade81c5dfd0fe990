"""The real command line with fake networks that take their time, for tests that kill it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from fakes import FakeClassifier, FakeDetector

from pipeline.analyze import Stages
from pipeline.cli.analyze import make_analyze

if TYPE_CHECKING:
    from pipeline.expressions import Answers
    from pipeline.records import Image


class SlowClassifier(FakeClassifier):
    """Two milliseconds a face, so that a kill finds work half done."""

    def classify(self, faces: Image) -> Answers:
        time.sleep(0.002 * len(faces))
        return super().classify(faces)


app = typer.Typer()
app.command()(make_analyze(lambda *_: Stages(FakeDetector(), SlowClassifier())))

if __name__ == "__main__":
    app(prog_name=Path(__file__).name)
